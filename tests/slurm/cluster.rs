//! A whole Slurm cluster on this machine: a controller and three nodes on the loopback interface,
//! with ports, keys and files of their own.
//!
//! The tests of this program share one cluster. A shell runs it and takes it down when its
//! standard input closes, so nothing is left however the tests end.

use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};
use std::thread::sleep;
use std::time::{Duration, Instant};

pub const NODES: [&str; 3] = ["n1", "n2", "n3"];

/// Tasks that an array may have: few, so that a small sweep needs several arrays.
pub const MOST_TASKS: usize = 5;

/// Long after anything must have happened.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// Held for reading by tests that can be run beside others, for writing by those that take parts
/// of the cluster down.
static ORDER: RwLock<()> = RwLock::new(());
static SHARED: Mutex<Weak<Daemons>> = Mutex::new(Weak::new());

/// A cluster for one test.
pub struct Cluster {
    // Released before the next test may have the cluster to itself.
    daemons: Arc<Daemons>,
    _order: Order,
}

#[expect(dead_code, reason = "held, not read")]
enum Order {
    Beside(RwLockReadGuard<'static, ()>),
    Alone(RwLockWriteGuard<'static, ()>),
}

impl Cluster {
    /// The cluster, beside other tests; `None` where Slurm is not installed.
    pub fn shared() -> Option<Self> {
        is_installed().then(|| {
            let order = Order::Beside(ORDER.read().unwrap_or_else(PoisonError::into_inner));
            Self { daemons: daemons(), _order: order }
        })
    }

    /// The cluster, while no other test uses it; `None` where Slurm is not installed.
    pub fn alone() -> Option<Self> {
        is_installed().then(|| {
            let order = Order::Alone(ORDER.write().unwrap_or_else(PoisonError::into_inner));
            Self { daemons: daemons(), _order: order }
        })
    }

    /// The file that Slurm's programs find the cluster by.
    pub fn conf(&self) -> PathBuf {
        self.daemons.folder.join("slurm.conf")
    }

    /// The output of a Slurm command.
    pub fn ask(&self, program: &str, arguments: &[&str]) -> String {
        self.daemons.ask(program, arguments)
    }

    /// Kills a node's daemon and, with `tasks`, all that it runs: a machine that lost power.
    pub fn kill_node(&self, node: &str, tasks: bool) {
        let daemon = self.daemons.pid(&format!("slurmd.{node}.pid")).expect("the node runs");
        let mut victims = vec![daemon];
        if tasks {
            victims.extend(self.processes_of(node));
        }
        for pid in victims {
            signal("KILL", pid);
        }
        wait_for("the node to be down", || {
            self.ask("sinfo", &["-h", "-n", node, "-o", "%T"]).starts_with("down")
        });
    }

    /// Brings a killed node back.
    pub fn start_node(&self, node: &str) {
        self.ask("slurmd", &["-N", node]);
        self.daemons.wait_until_idle();
    }

    pub fn stop_controller(&self) {
        let pid = self.daemons.pid("slurmctld.pid").expect("the controller runs");
        signal("TERM", pid);
        wait_for("the controller to end", || !is_alive(pid));
    }

    pub fn start_controller(&self) {
        self.ask("slurmctld", &[]);
        wait_for("the controller", || self.ask("scontrol", &["ping"]).contains("is UP"));
    }

    /// Processes of the jobs on a node, the daemon of each job first, lest it reports their end.
    fn processes_of(&self, node: &str) -> Vec<u32> {
        let conf = format!("SLURM_CONF={}", self.conf().display());
        let marks = [format!("SLURMD_NODENAME={node}"), conf];
        let mut tasks: Vec<_> = pids().filter(|&pid| marks.iter().all(|mark| has(pid, mark))).collect();
        let mut parents: Vec<_> =
            tasks.iter().filter_map(|&pid| parent(pid)).filter(|&pid| is_step(pid)).collect();
        parents.append(&mut tasks);
        parents
    }

    /// Processes of this program's that run trials of the task of this name, such as `12_3`.
    pub fn programs_of(&self, task: &str) -> Vec<u32> {
        let (job, index) = task.split_once('_').expect("a task's name");
        let marks = [
            format!("SLURM_ARRAY_JOB_ID={job}"),
            format!("SLURM_ARRAY_TASK_ID={index}"),
            format!("SLURM_CONF={}", self.conf().display()),
        ];
        let runs_trials = |pid: u32| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            line.split(|byte| *byte == 0).nth(1) == Some(b"trial")
        };
        pids().filter(|&pid| marks.iter().all(|mark| has(pid, mark)) && runs_trials(pid)).collect()
    }
}

pub fn signal(name: &str, pid: u32) {
    let _ = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).stderr(Stdio::null()).status();
}

/// Waits until something has happened.
pub fn wait_for(what: &str, mut happened: impl FnMut() -> bool) {
    let start = Instant::now();
    while !happened() {
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        sleep(Duration::from_millis(50));
    }
}

fn is_installed() -> bool {
    let found = ["munged", "slurmctld", "slurmd", "sbatch"].iter().all(|program| {
        let folders = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"];
        folders.iter().any(|folder| Path::new(folder).join(program).exists())
    });
    if !found {
        println!("skipped: Slurm is not installed (slurmctld, slurmd, slurm-client, munge)");
    }
    found
}

fn daemons() -> Arc<Daemons> {
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(running) = shared.upgrade() {
        return running;
    }
    let started = Arc::new(Daemons::start());
    *shared = Arc::downgrade(&started);
    started
}

/// The running daemons.
struct Daemons {
    /// Short, for the path of a socket may have 108 bytes.
    folder: PathBuf,
    keeper: Child,
}

impl Daemons {
    fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("slurm").tempdir_in("/tmp").unwrap().keep();
        let munge = folder.join("munge");
        fs::create_dir(&munge).unwrap();
        for path in [&folder, &munge] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o711)).unwrap();
        }
        let mut key = [0; 128];
        fs::File::open("/dev/urandom").unwrap().read_exact(&mut key).unwrap();
        fs::write(munge.join("munge.key"), key).unwrap();
        fs::set_permissions(munge.join("munge.key"), fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(folder.join("slurm.conf"), conf(&folder)).unwrap();
        let keeper = Command::new("bash")
            .args(["-c", KEEPER, "keeper", folder.to_str().unwrap()])
            .env("SLURM_CONF", folder.join("slurm.conf"))
            .env("PATH", path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.join("keeper.log")).unwrap())
            .spawn()
            .unwrap();
        let daemons = Self { folder, keeper };
        daemons.wait_until_idle();
        daemons
    }

    fn wait_until_idle(&self) {
        wait_for("all nodes", || {
            NODES.iter().all(|node| {
                let state = self.ask("sinfo", &["-h", "-n", node, "-o", "%T"]);
                ["idle", "mixed", "allocated"].contains(&state.trim())
            })
        });
    }

    fn ask(&self, program: &str, arguments: &[&str]) -> String {
        let mut command = Command::new(program);
        command.args(arguments).env("SLURM_CONF", self.folder.join("slurm.conf")).env("PATH", path());
        String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned()
    }

    fn pid(&self, file: &str) -> Option<u32> {
        fs::read_to_string(self.folder.join(file)).ok()?.trim().parse().ok()
    }
}

impl Drop for Daemons {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// The daemons are not on everybody's PATH.
pub fn path() -> String {
    format!("{}:/usr/sbin:/usr/local/sbin", std::env::var("PATH").unwrap_or_default())
}

/// Starts the daemons, waits for the end of its input, and ends them.
const KEEPER: &str = r#"
D=$1
trap '' INT TERM HUP
munged --key-file="$D/munge/munge.key" --socket="$D/munge/munge.sock" --pid-file="$D/munge/munged.pid" \
    --log-file="$D/munge/munged.log" --seed-file="$D/munge/munged.seed" --num-threads=2 </dev/null
slurmctld </dev/null
for node in n1 n2 n3; do slurmd -N $node </dev/null; done
read -r _
for try in {1..20}; do
    jobs=$(timeout 2 squeue -h -o %A | sort -u) || break
    [[ $jobs ]] || break
    timeout 2 scancel --quiet $jobs
    sleep 0.2
done
pids=$(cat "$D"/slurmd.*.pid "$D/slurmctld.pid" "$D/munge/munged.pid" 2>/dev/null)
kill $pids
alive() { for pid in $pids; do [[ $(cut -d' ' -f3 "/proc/$pid/stat" 2>/dev/null) == [RSD] ]] && return; done; return 1; }
for try in {1..50}; do alive || break; sleep 0.1; done
alive && kill -9 $pids
cd /
rm -rf "$D"
"#;

fn conf(folder: &Path) -> String {
    let user = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
    let (user, d) = (user.trim(), folder.display());
    // Bound together, so that they are different.
    let listeners: Vec<_> = (0..=NODES.len()).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let ports: Vec<_> = listeners.iter().map(|listener| listener.local_addr().unwrap().port()).collect();
    let node = |(node, port): (&&str, &u16)| {
        format!(
            "NodeName={node} NodeHostname=localhost NodeAddr=127.0.0.1 Port={port} CPUs=2 RealMemory=4096 State=UNKNOWN\n"
        )
    };
    let nodes: String = NODES.iter().zip(&ports[1..]).map(node).collect();
    format!(
        "\
ClusterName=drsae
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={d}/munge/munge.sock,cred_expire=5
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
MailProg=/bin/true
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1,sched_min_interval=0,batch_sched_delay=0,bf_interval=1
SlurmdTimeout=2
SlurmctldTimeout=5
MessageTimeout=2
TCPTimeout=1
KillWait=2
ReturnToService=2
JobRequeue=1
MaxArraySize={MOST_TASKS}
EnforcePartLimits=ALL
StateSaveLocation={d}/state
SlurmdSpoolDir={d}/spool.%n
SlurmctldPidFile={d}/slurmctld.pid
SlurmdPidFile={d}/slurmd.%n.pid
SlurmctldLogFile={d}/slurmctld.log
SlurmdLogFile={d}/slurmd.%n.log
{nodes}PartitionName=ci Nodes=ALL Default=YES LLN=YES DefMemPerCPU=100 MaxTime=60 State=UP
PartitionName=closed Nodes=ALL AllowAccounts=physics DefMemPerCPU=100 MaxTime=60 State=UP
",
        port = ports[0]
    )
}

fn pids() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Returns true if a process was started with this variable in its environment.
fn has(pid: u32, variable: &str) -> bool {
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    environment.split(|byte| *byte == 0).any(|entry| entry == variable.as_bytes())
}

fn stat(pid: u32) -> Option<(String, String)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (name, fields) = text.rsplit_once(')')?;
    Some((name.to_owned(), fields.to_owned()))
}

fn parent(pid: u32) -> Option<u32> {
    stat(pid)?.1.split_ascii_whitespace().nth(1)?.parse().ok()
}

fn is_step(pid: u32) -> bool {
    stat(pid).is_some_and(|(name, _)| name.contains("slurmstepd"))
}

fn is_alive(pid: u32) -> bool {
    stat(pid).is_some_and(|(_, fields)| !fields.trim_start().starts_with('Z'))
}
