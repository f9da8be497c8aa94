//! Downloads from a server on the loopback interface; no traffic leaves the machine.

use std::io::Write;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Instant;

use flate2::Compression;
use flate2::write::GzEncoder;
use md5::Digest as _;

use super::*;
use crate::data::known::Digest;
use crate::data::published;

const LENGTH: usize = 4_000;

/// That of Python's `bytes(i * i % 61 for i in range(4000))`.
const SHA256: &str = "173fec71ba4d62922b1a0c304a69b1279b866ff22ebe5245168ac6e18bfe2e0d";

const FILE: Known =
    Known { set: "known", name: "known-file", length: LENGTH as u64, digest: Digest::Content(SHA256) };

/// The content that every mirror should have.
fn content() -> Vec<u8> {
    (0..LENGTH).map(|index| (index * index % 61) as u8).collect()
}

/// The answer of a server to each request.
#[derive(Clone, Copy)]
enum Answer {
    Genuine,
    /// Ends the connection before the announced length is reached.
    CutOff,
    /// Announces and sends half a gzip file.
    Half,
    /// Another file of the same length.
    Forged,
    /// A small answer that unpacks to far more than the file.
    Bomb,
    /// More bytes than the file can have.
    TooLong,
    /// Announces the largest possible length, and never ends.
    Endless,
    /// Announces no length, and never ends.
    EndlessChunks,
    /// Never ends its header.
    EndlessHead,
    /// Redirects endlessly.
    Redirect,
    NotFound,
    /// Sends the beginning, then keeps the connection open without data.
    Stall,
    /// Sends single bytes at long intervals.
    Drip,
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn respond(mut stream: TcpStream, answer: Answer) {
    let _ = io::Read::read(&mut stream, &mut [0; 4096]);
    let genuine = gzip(&content());
    let half = genuine.len() / 2;
    let (status, announced, body) = match answer {
        Answer::Genuine => ("200 OK", genuine.len(), genuine),
        Answer::CutOff | Answer::Stall => ("200 OK", genuine.len(), genuine[..half].to_vec()),
        Answer::Half => ("200 OK", half, genuine[..half].to_vec()),
        Answer::Forged => {
            let forged = gzip(&[1; LENGTH]);
            ("200 OK", forged.len(), forged)
        }
        Answer::Bomb => {
            let bomb = gzip(&vec![0; 100 * LENGTH]);
            ("200 OK", bomb.len(), bomb)
        }
        Answer::TooLong => ("200 OK", 10_000, vec![7; 10_000]),
        Answer::Endless => return repeat(stream, "Content-Length: 18446744073709551615\r\n\r\n", "x", 0),
        Answer::EndlessChunks => {
            return repeat(stream, "Transfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", 0);
        }
        Answer::EndlessHead => return repeat(stream, "", "More: and more\r\n", 0),
        Answer::Drip => return repeat(stream, "Content-Length: 4000\r\n\r\n", "x", 50),
        Answer::Redirect => ("302 Found\r\nLocation: /again.gz", 0, Vec::new()),
        Answer::NotFound => ("404 Not Found", 0, Vec::new()),
    };
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {announced}\r\nConnection: close\r\n\r\n");
    let _ = stream.write_all(&[head.as_bytes(), &body].concat());
    if matches!(answer, Answer::Stall) {
        thread::sleep(Duration::from_secs(2));
    }
    let _ = stream.shutdown(Shutdown::Both);
}

/// Sends the same bytes repeatedly, with a pause of some milliseconds, until the connection is closed.
fn repeat(mut stream: TcpStream, head: &str, again: &str, pause: u64) {
    let _ = stream.write_all(format!("HTTP/1.1 200 OK\r\n{head}").as_bytes());
    while stream.write_all(again.as_bytes()).is_ok() {
        thread::sleep(Duration::from_millis(pause));
    }
}

/// Starts a server and returns its address as a mirror.
fn mirror(answer: Answer) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || listener.incoming().flatten().for_each(|stream| respond(stream, answer)));
    format!("http://{address}/")
}

const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(5),
    stall: Duration::from_millis(300),
    whole: Duration::from_mins(1),
};

fn downloader(mirrors: Vec<String>) -> Downloader {
    Downloader { mirrors, patience: PATIENCE, proxy: Ok(None) }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// The reason of a failed download, which must leave the folder empty.
fn failure(answer: Answer) -> String {
    let folder = tempfile::tempdir().unwrap();
    let url = mirror(answer);
    let whole = if matches!(answer, Answer::Drip) { Duration::from_secs(1) } else { PATIENCE.whole };
    let mirrors = vec![url.clone()];
    let downloader = Downloader { mirrors, patience: Patience { whole, ..PATIENCE }, proxy: Ok(None) };
    let error = downloader.ensure(FILE, folder.path()).unwrap_err();
    assert_eq!(names(folder.path()), [""; 0], "left behind after {error}");
    let Error::Unavailable { attempts, .. } = error else { panic!("{error}") };
    assert_eq!(attempts.0[0].url, format!("{url}known-file.gz"));
    attempts.0[0].reason.clone()
}

fn assert_says(reason: &str, expected: &str) {
    assert!(reason.contains(expected), "{reason:?} should contain {expected:?}");
}

#[test]
fn a_genuine_file_is_kept_under_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = downloader(vec![mirror(Answer::Genuine)]).ensure(FILE, folder.path()).unwrap();
    assert_eq!(path, folder.path().join("known-file.gz"));
    assert_eq!(FILE.read(&path).unwrap(), content());
    assert_eq!(names(folder.path()), ["known-file.gz"]);
}

#[test]
fn a_file_that_is_there_is_not_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(FILE.name), content()).unwrap();
    let path = downloader(Vec::new()).ensure(FILE, folder.path()).unwrap();
    assert_eq!(path, folder.path().join(FILE.name));
}

#[test]
fn the_second_mirror_is_asked_after_the_first_failed() {
    let folder = tempfile::tempdir().unwrap();
    let nested = folder.path().join("made/on/demand");
    let mirrors = vec![mirror(Answer::Forged), mirror(Answer::Genuine)];
    downloader(mirrors).ensure(FILE, &nested).unwrap();
    assert_eq!(names(&nested), ["known-file.gz"]);
}

#[test]
fn each_failure_is_reported_and_leaves_no_file() {
    assert_says(&failure(Answer::NotFound), "404");
    assert_says(&failure(Answer::CutOff), "disconnect");
    assert_says(&failure(Answer::Half), "not a whole gzip file");
    assert_says(&failure(Answer::Forged), SHA256);
    assert_says(&failure(Answer::Bomb), SHA256);
    assert_says(&failure(Answer::TooLong), "longer than 4000 bytes");
    assert_says(&failure(Answer::Redirect), "redirects");
}

#[test]
fn an_answer_without_end_is_cut_off() {
    assert_says(&failure(Answer::Endless), "longer than 4000 bytes");
    assert_says(&failure(Answer::EndlessChunks), "longer than 4000 bytes");
    assert_says(&failure(Answer::EndlessHead), "header");
}

#[test]
fn a_mirror_that_stalls_or_drips_is_given_up() {
    for answer in [Answer::Stall, Answer::Drip] {
        let start = Instant::now();
        assert_says(&failure(answer), "timeout");
        assert!(start.elapsed() < Duration::from_secs(2), "waited {:?}", start.elapsed());
    }
}

#[test]
fn a_closed_port_is_reported_with_the_remedy() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mirrors = vec![format!("http://{closed}/"), mirror(Answer::NotFound)];
    let error = downloader(mirrors).ensure(FILE, folder.path()).unwrap_err().to_string();
    for part in ["known-file", &closed.to_string(), "404", "DRSAE_DATA_DIR", "strokes"] {
        assert_says(&error, part);
    }
}

#[test]
fn an_unwritable_folder_is_reported_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = downloader(vec![mirror(Answer::Genuine)]).ensure(FILE, &file.join("inside")).unwrap_err();
    assert_says(&error.to_string(), "cannot be written");
    assert_says(&error.to_string(), "DRSAE_DATA_DIR");
}

#[test]
fn a_proxy_that_cannot_be_used_matters_where_something_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let unusable = Unusable { variable: "ALL_PROXY", reason: "Socks5".to_owned() };
    let mirrors = vec![mirror(Answer::Genuine)];
    let downloader = Downloader { mirrors, patience: PATIENCE, proxy: Err(unusable) };
    let error = downloader.ensure(FILE, folder.path()).unwrap_err();
    assert_says(&error.to_string(), "ALL_PROXY names a proxy");
    assert_eq!(names(folder.path()), [""; 0]);
    fs::write(folder.path().join(FILE.name), content()).unwrap();
    downloader.ensure(FILE, folder.path()).unwrap();
}

/// A set with the layout of QMNIST, its compressed files by name, and their contents.
fn synthetic() -> (KnownSet, Vec<(&'static str, Vec<u8>)>) {
    let idx = |code: u8, dimensions: &[u32], body: &[u8]| {
        let mut bytes = vec![0, 0, code, dimensions.len() as u8];
        bytes.extend(dimensions.iter().flat_map(|size| size.to_be_bytes()));
        bytes.extend(body);
        bytes
    };
    let labels = |labels: &[i32]| {
        let rows = labels.iter().flat_map(|&label| [label, 70, 80, 90]);
        let body: Vec<u8> = rows.flat_map(i32::to_be_bytes).collect();
        idx(0x0c, &[labels.len() as u32, 4], &body)
    };
    let contents = [
        ("set-train-images", idx(8, &[30, 5, 4], &[[3; 20], [4; 20], [5; 20]].concat().repeat(10))),
        ("set-train-labels", labels(&[2, 0, 1].repeat(10))),
        ("set-test-images", idx(8, &[20, 5, 4], &[7; 400])),
        ("set-test-labels", labels(&[1; 20])),
    ];
    let known = contents.clone().map(|(name, content)| {
        let md5 = crate::hash::hex(&md5::Md5::digest(gzip(&content)));
        let digest = Digest::Archive(Box::leak(md5.into_boxed_str()));
        Known { set: "set", name, length: content.len() as u64, digest }
    });
    let archives = contents.map(|(name, content)| (name, gzip(&content)));
    (KnownSet { name: "set", mirrors: &[], files: known, columns: 4 }, archives.to_vec())
}

/// A server of files by their names with `.gz`.
fn server(files: Vec<(&'static str, Vec<u8>)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            let count = Read::read(&mut stream, &mut request).unwrap_or(0);
            let request = String::from_utf8_lossy(&request[..count]);
            let file = files.iter().find(|(name, _)| request.starts_with(&format!("GET /{name}.gz ")));
            let (status, body) = file.map_or(("404 Not Found", &[][..]), |(_, body)| ("200 OK", body));
            let head =
                format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(&[head.as_bytes(), body].concat());
        }
    });
    format!("http://{address}/")
}

#[test]
fn a_published_set_is_downloaded_verified_and_read() {
    let (set, archives) = synthetic();
    let folder = tempfile::tempdir().unwrap();
    let data =
        published::load_by(&downloader(vec![server(archives.clone())]), &set, folder.path(), true).unwrap();
    assert_eq!((data.name.as_str(), data.classes, data.test.labels), ("set", 3, vec![1; 20]));
    assert_eq!(data.train.labels, [2, 0, 1].repeat(10));
    let content = crate::data::files::open(&folder.path().join("set-test-images.gz")).unwrap();
    let content = crate::data::files::read_bounded(content, 1000).unwrap();
    assert_eq!(data.checksums["set-test-images"], crate::data::files::sha256(&content));
    // All four are there, and a plain file has no digest to check.
    let offline = downloader(Vec::new());
    assert!(published::load_by(&offline, &set, folder.path(), false).is_ok());
    fs::rename(folder.path().join("set-test-images.gz"), folder.path().join("set-test-images")).unwrap();
    assert!(matches!(
        published::load_by(&offline, &set, folder.path(), false),
        Err(Error::Unavailable { .. })
    ));
}

#[test]
fn a_file_of_a_published_set_with_another_md5_is_refused() {
    let (set, mut archives) = synthetic();
    let expected = set.files[3].digest.digits();
    archives[3].1 = gzip(b"other labels");
    let folder = tempfile::tempdir().unwrap();
    let error = published::load_by(&downloader(vec![server(archives.clone())]), &set, folder.path(), true)
        .unwrap_err();
    assert_says(
        &error.to_string(),
        &format!("its MD5 is {}", crate::hash::hex(&md5::Md5::digest(&archives[3].1))),
    );
    assert_says(&error.to_string(), expected);
    fs::write(folder.path().join("set-test-labels.gz"), &archives[3].1).unwrap();
    let error =
        published::load_by(&downloader(Vec::new()), &set, folder.path(), true).unwrap_err().to_string();
    assert_says(&error, expected);
    assert_says(&error, "`drsae data fetch set`");
}
