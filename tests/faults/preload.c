/* Faults at the system calls that a process makes below one folder.
 *
 *     cc -shared -fPIC -o preload.so preload.c
 *     LD_PRELOAD=./preload.so FAULTS_ROOT=/results FAULTS_AT='rename:7:EIO' FAULTS_TRACE=/trace drsae sweep ...
 *
 * FAULTS_ROOT   the folder, without links in its path
 * FAULTS_TRACE  a file; each call adds a line `KIND NUMBER FAULT PATH`, where FAULT is `-` for a call that was let through
 * FAULTS_AT     KIND:NUMBER:FAULT, or KIND:NUMBER:FAULT*TIMES for that many calls of the kind in a row; without it
 *               calls are counted alone. Numbers count the calls of one kind from 1.
 *
 * FAULT is the name of an error, with which the call fails and does nothing, or
 *
 *     short         a write of half the bytes, which returns that number
 *     torn          a write of half the bytes, and SIGKILL
 *     kill-before   SIGKILL instead of the call      kill-after   SIGKILL once it is done
 *     stop-before   SIGSTOP before the call          stop-after   SIGSTOP once it is done
 *
 * Libraries reach the kernel by ways of their own: Rust's standard library calls libc, and rustix makes its
 * system calls itself. So nothing is wrapped: a seccomp filter hands each call of interest to a signal handler, which
 * makes the call from the one address that the filter lets through.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* ---- The system call that the filter lets through ---- */

long passed(long number, long a, long b, long c, long d, long e, long f);
extern const char passed_end[];

#if defined(__x86_64__)
__asm__(".pushsection .text\n.globl passed\n.hidden passed\n.globl passed_end\n.hidden passed_end\n"
        "passed:\n mov %rdi, %rax\n mov %rsi, %rdi\n mov %rdx, %rsi\n mov %rcx, %rdx\n mov %r8, %r10\n"
        " mov %r9, %r8\n mov 8(%rsp), %r9\n syscall\npassed_end:\n ret\n.popsection\n");
#define NUMBER(context) ((context)->uc_mcontext.gregs[REG_RAX])
#define RESULT(context) ((context)->uc_mcontext.gregs[REG_RAX])
static const int REGISTERS[6] = {REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9};
#define ARGUMENT(context, n) ((context)->uc_mcontext.gregs[REGISTERS[n]])
#elif defined(__aarch64__)
__asm__(".pushsection .text\n.globl passed\n.hidden passed\n.globl passed_end\n.hidden passed_end\n"
        "passed:\n mov x8, x0\n mov x0, x1\n mov x1, x2\n mov x2, x3\n mov x3, x4\n mov x4, x5\n mov x5, x6\n"
        " svc #0\npassed_end:\n ret\n.popsection\n");
#define NUMBER(context) ((context)->uc_mcontext.regs[8])
#define RESULT(context) ((context)->uc_mcontext.regs[0])
#define ARGUMENT(context, n) ((context)->uc_mcontext.regs[n])
#else
#error "system calls are known for x86-64 and aarch64 alone"
#endif

/* ---- Which calls, and where their paths are ---- */

enum kind { OPEN, CREATE, READ, WRITE, FSYNC, RENAME, LINK, UNLINK, MKDIR, RMDIR, LIST, STAT, CHANGE, KINDS };
static const char *const KIND_NAMES[KINDS] = {"open",   "create", "read",  "write", "fsync", "rename", "link",
                                              "unlink", "mkdir",  "rmdir", "list",  "stat",  "change"};

/* Positions of arguments; NONE where there is none. A path without a folder is relative to the working directory. */
enum { NONE = -1 };
struct call {
    int number;
    enum kind kind;
    int folder, path;   /* or the file descriptor, where there is no path */
    int folder2, path2; /* the other name of a rename or link */
};

static const struct call CALLS[] = {
    {SYS_openat, OPEN, 0, 1, NONE, NONE},
    {SYS_read, READ, 0, NONE, NONE, NONE},
    {SYS_pread64, READ, 0, NONE, NONE, NONE},
    {SYS_readv, READ, 0, NONE, NONE, NONE},
    {SYS_write, WRITE, 0, NONE, NONE, NONE},
    {SYS_pwrite64, WRITE, 0, NONE, NONE, NONE},
    {SYS_writev, WRITE, 0, NONE, NONE, NONE},
    {SYS_copy_file_range, WRITE, 2, NONE, NONE, NONE},
    {SYS_sendfile, WRITE, 0, NONE, NONE, NONE},
    {SYS_fsync, FSYNC, 0, NONE, NONE, NONE},
    {SYS_fdatasync, FSYNC, 0, NONE, NONE, NONE},
    {SYS_renameat2, RENAME, 0, 1, 2, 3},
    {SYS_linkat, LINK, 0, 1, 2, 3},
    {SYS_symlinkat, LINK, 1, 2, NONE, NONE},
    {SYS_unlinkat, UNLINK, 0, 1, NONE, NONE},
    {SYS_mkdirat, MKDIR, 0, 1, NONE, NONE},
    {SYS_getdents64, LIST, 0, NONE, NONE, NONE},
    {SYS_newfstatat, STAT, 0, 1, NONE, NONE},
    {SYS_statx, STAT, 0, 1, NONE, NONE},
    {SYS_fstat, STAT, 0, NONE, NONE, NONE},
    {SYS_faccessat, STAT, 0, 1, NONE, NONE},
    {SYS_readlinkat, STAT, 0, 1, NONE, NONE},
    {SYS_utimensat, CHANGE, 0, 1, NONE, NONE},
    {SYS_fchmod, CHANGE, 0, NONE, NONE, NONE},
    {SYS_fchmodat, CHANGE, 0, 1, NONE, NONE},
    {SYS_ftruncate, CHANGE, 0, NONE, NONE, NONE},
    {SYS_fallocate, CHANGE, 0, NONE, NONE, NONE},
#ifdef SYS_renameat
    {SYS_renameat, RENAME, 0, 1, 2, 3},
#endif
#ifdef SYS_open /* x86-64 has kept the calls from before the `at` family */
    {SYS_open, OPEN, NONE, 0, NONE, NONE},
    {SYS_creat, CREATE, NONE, 0, NONE, NONE},
    {SYS_rename, RENAME, NONE, 0, NONE, 1},
    {SYS_link, LINK, NONE, 0, NONE, 1},
    {SYS_symlink, LINK, NONE, 1, NONE, NONE},
    {SYS_unlink, UNLINK, NONE, 0, NONE, NONE},
    {SYS_mkdir, MKDIR, NONE, 0, NONE, NONE},
    {SYS_rmdir, RMDIR, NONE, 0, NONE, NONE},
    {SYS_stat, STAT, NONE, 0, NONE, NONE},
    {SYS_lstat, STAT, NONE, 0, NONE, NONE},
    {SYS_access, STAT, NONE, 0, NONE, NONE},
    {SYS_readlink, STAT, NONE, 0, NONE, NONE},
    {SYS_chmod, CHANGE, NONE, 0, NONE, NONE},
    {SYS_truncate, CHANGE, NONE, 0, NONE, NONE},
#endif
};

static enum kind kind_of(const struct call *call, const long *arguments) {
    if (call->number == SYS_openat && arguments[2] & O_CREAT) return CREATE;
#ifdef SYS_open
    if (call->number == SYS_open && arguments[1] & O_CREAT) return CREATE;
#endif
    if (call->number == SYS_unlinkat && arguments[2] & AT_REMOVEDIR) return RMDIR;
    return call->kind;
}

/* ---- What is to happen ---- */

enum fault { FAIL, SHORT, TORN, KILL_BEFORE, KILL_AFTER, STOP_BEFORE, STOP_AFTER };
static const struct {
    const char *name;
    enum fault fault;
    int error;
} FAULTS[] = {
    {"EIO", FAIL, EIO},
    {"ENOSPC", FAIL, ENOSPC},
    {"EACCES", FAIL, EACCES},
    {"ESTALE", FAIL, ESTALE},
    {"EINTR", FAIL, EINTR},
    {"short", SHORT, 0},
    {"torn", TORN, 0},
    {"kill-before", KILL_BEFORE, 0},
    {"kill-after", KILL_AFTER, 0},
    {"stop-before", STOP_BEFORE, 0},
    {"stop-after", STOP_AFTER, 0},
};

static char root[PATH_MAX];
static size_t root_length;
static int trace = -1;
static unsigned long counts[KINDS];
static int at_kind = NONE;
static unsigned long at_number, at_times = 1;
static size_t at_fault;

static size_t faulty(enum kind kind, unsigned long number) {
    int hit = (int)kind == at_kind && number >= at_number && number - at_number < at_times;
    return hit ? at_fault : LENGTH(FAULTS);
}

/* ---- Paths ---- */

static void join(char *path, const char *relative) {
    size_t end = strnlen(path, PATH_MAX);
    size_t length = strnlen(relative, PATH_MAX);
    if (!length || end + length + 2 > PATH_MAX) return;
    path[end] = '/';
    memcpy(path + end + 1, relative, length + 1);
}

static void read_link(char *path, const char *link) {
    long length = passed(SYS_readlinkat, AT_FDCWD, (long)link, (long)path, PATH_MAX - 1, 0, 0);
    path[length > 0 ? length : 0] = 0;
}

/* The path of an open file; empty if it is unknown. */
static void path_of(char *path, long file) {
    char link[40] = "/proc/self/fd/", digits[20];
    size_t end = strlen(link), count = 0;
    if (file < 0) {
        path[0] = 0;
        return;
    }
    do digits[count++] = '0' + file % 10;
    while (file /= 10);
    while (count) link[end++] = digits[--count];
    link[end] = 0;
    read_link(path, link);
}

static void resolve(char *path, const long *arguments, int folder, int name) {
    const char *relative = name == NONE ? "" : (const char *)arguments[name];
    if (relative && relative[0] == '/') {
        path[0] = 0;
        join(path, relative + 1);
        return;
    }
    if (folder == NONE || (int)arguments[folder] == AT_FDCWD) read_link(path, "/proc/self/cwd");
    else path_of(path, (int)arguments[folder]);
    if (relative && path[0]) join(path, relative);
}

static int is_below(const char *path) {
    return !strncmp(path, root, root_length) && (path[root_length] == '/' || !path[root_length]);
}

/* ---- Making the call ---- */

static void report(enum kind kind, unsigned long number, const char *fault, const char *path) {
    char line[PATH_MAX + 80], digits[20];
    size_t end = 0, count = 0;
    const char *const before[] = {KIND_NAMES[kind], " "}, *const after[] = {" ", fault, " ", path, "\n"};
    if (trace < 0) return;
    for (size_t i = 0; i < LENGTH(before); i++) end = stpcpy(line + end, before[i]) - line;
    do digits[count++] = '0' + number % 10;
    while (number /= 10);
    while (count) line[end++] = digits[--count];
    for (size_t i = 0; i < LENGTH(after); i++) end = stpcpy(line + end, after[i]) - line;
    passed(SYS_write, trace, (long)line, end, 0, 0, 0);
}

static long make(long number, const long *a) { return passed(number, a[0], a[1], a[2], a[3], a[4], a[5]); }

/* Sent to this thread, which so takes no further step; what it does to one it does to all. */
static void die_or_stop(int number) {
    long process = passed(SYS_getpid, 0, 0, 0, 0, 0, 0), thread = passed(SYS_gettid, 0, 0, 0, 0, 0, 0);
    passed(SYS_tgkill, process, thread, number, 0, 0, 0);
}

/* Half of what was to be written, at least a byte of it. */
static long make_half(long number, long *arguments) {
    struct iovec first;
    if (number == SYS_writev) {
        first = *(struct iovec *)arguments[1];
        first.iov_len = (first.iov_len + 1) / 2;
        arguments[1] = (long)&first;
        arguments[2] = 1;
    } else if (number == SYS_write || number == SYS_pwrite64) {
        arguments[2] = (arguments[2] + 1) / 2;
    }
    return make(number, arguments);
}

static long make_faulty(size_t fault, long number, long *arguments) {
    long result;
    switch (FAULTS[fault].fault) {
    case FAIL:
        return -FAULTS[fault].error;
    case SHORT:
        return make_half(number, arguments);
    case TORN:
        make_half(number, arguments);
        die_or_stop(SIGKILL);
        return -EIO;
    case KILL_BEFORE:
        die_or_stop(SIGKILL);
        return -EIO;
    case STOP_BEFORE:
        die_or_stop(SIGSTOP);
        return make(number, arguments);
    case KILL_AFTER:
    case STOP_AFTER:
        break;
    }
    result = make(number, arguments);
    die_or_stop(FAULTS[fault].fault == KILL_AFTER ? SIGKILL : SIGSTOP);
    return result;
}

static long handle(long number, long *arguments) {
    char path[PATH_MAX], path2[PATH_MAX] = "";
    const struct call *call = CALLS;
    while (call < CALLS + LENGTH(CALLS) && call->number != number) call++;
    if (call == CALLS + LENGTH(CALLS)) return -ENOSYS;
    resolve(path, arguments, call->folder, call->path);
    if (call->path2 != NONE) resolve(path2, arguments, call->folder2, call->path2);
    if (!is_below(path) && !is_below(path2)) return make(number, arguments);
    enum kind kind = kind_of(call, arguments);
    const char *shown = path2[0] ? path2 : path;
    unsigned long count = __atomic_add_fetch(&counts[kind], 1, __ATOMIC_SEQ_CST);
    size_t fault = faulty(kind, count);
    if (fault == LENGTH(FAULTS)) {
        report(kind, count, "-", shown);
        return make(number, arguments);
    }
    report(kind, count, FAULTS[fault].name, shown);
    return make_faulty(fault, number, arguments);
}

static void trapped(int signal, siginfo_t *info, void *raw) {
    ucontext_t *context = raw;
    long arguments[6];
    (void)signal, (void)info;
    for (int i = 0; i < 6; i++) arguments[i] = ARGUMENT(context, i);
    RESULT(context) = handle(NUMBER(context), arguments);
}

/* ---- Setting up ---- */

static void give_up(const char *why) {
    ssize_t written = write(2, why, strlen(why));
    (void)written;
    _exit(99);
}

static void read_at(const char *at) {
    size_t kind = 0, fault = 0, length;
    char *rest;
    while (kind < KINDS && (strncmp(at, KIND_NAMES[kind], length = strlen(KIND_NAMES[kind])) || at[length] != ':')) kind++;
    if (kind == KINDS) give_up("faults: FAULTS_AT names no kind of call\n");
    at_number = strtoul(at + length + 1, &rest, 10);
    if (!at_number || *rest++ != ':') give_up("faults: FAULTS_AT has no number\n");
    length = strcspn(rest, "*");
    while (fault < LENGTH(FAULTS) && (strlen(FAULTS[fault].name) != length || strncmp(rest, FAULTS[fault].name, length))) fault++;
    if (fault == LENGTH(FAULTS)) give_up("faults: FAULTS_AT names no fault\n");
    if (rest[length]) at_times = strtoul(rest + length + 1, NULL, 10);
    at_kind = (int)kind;
    at_fault = fault;
}

/* Lets through what is made by `passed`, and hands over the calls of the table. */
static int install(void) {
    enum { BEFORE = 6, AFTER = 2 };
    struct sock_filter filter[BEFORE + LENGTH(CALLS) + AFTER];
    uint64_t from = (uint64_t)(uintptr_t)passed, to = (uint64_t)(uintptr_t)passed_end;
    size_t at = 0, calls = LENGTH(CALLS);
    if (from >> 32 != to >> 32) return -1;
    filter[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer) + 4);
    filter[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(from >> 32), 0, 3);
    filter[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer));
    filter[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (uint32_t)from, 0, 1);
    filter[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, (uint32_t)to, 0, calls + 1);
    filter[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < calls; i++)
        filter[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)CALLS[i].number, calls - i, 0);
    filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP);
    struct sock_fprog program = {.len = at, .filter = filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

__attribute__((constructor)) static void begin(void) {
    const char *folder = getenv("FAULTS_ROOT"), *at = getenv("FAULTS_AT"), *file = getenv("FAULTS_TRACE");
    struct sigaction action = {.sa_sigaction = trapped, .sa_flags = SA_SIGINFO | SA_NODEFER};
    if (!folder) return;
    if (strlen(folder) >= sizeof root) give_up("faults: FAULTS_ROOT is too long\n");
    strcpy(root, folder);
    root_length = strlen(root);
    if (at && *at) read_at(at);
    if (file) trace = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (file && trace < 0) give_up("faults: FAULTS_TRACE cannot be opened\n");
    if (sigaction(SIGSYS, &action, NULL) || install()) give_up("faults: this system lets no seccomp filter be installed\n");
}
