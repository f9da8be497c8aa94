//! Headless Chromium, driven over its DevTools protocol by a pipe: the resources that it loads, its errors, and the
//! effect of a click or a key.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// Time limit for one answer of the browser.
const PATIENCE: Duration = Duration::from_mins(1);
/// Keys with their codes and the text that they enter.
const KEYS: [(&str, u32, &str); 5] =
    [("Tab", 9, ""), ("Enter", 13, "\r"), (" ", 32, " "), ("ArrowRight", 39, ""), ("ArrowDown", 40, "")];
/// Connects the browser's pipes: it reads requests from descriptor 3 and writes responses to 4.
const PIPE: &str = "exec \"$0\" \"$@\" 3<&0 4>&1 >/dev/null 2>&1";

/// A browser with one page.
pub struct Browser {
    process: Child,
    requests: ChildStdin,
    responses: Receiver<Value>,
    session: Option<String>,
    asked: u64,
    events: Vec<Value>,
    _profile: TempDir,
}

impl Browser {
    /// Starts the browser; `None` if there is none on the PATH.
    pub fn start() -> Option<Self> {
        let profile = tempfile::tempdir().unwrap();
        let mut process = Command::new("sh")
            .args(["-c", PIPE])
            .arg(installed()?)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (requests, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        let (send, responses) = channel();
        thread::spawn(move || {
            for message in BufReader::new(output).split(0) {
                let message = message.ok().and_then(|message| serde_json::from_slice(&message).ok());
                if message.is_none_or(|message| send.send(message).is_err()) {
                    return;
                }
            }
        });
        let mut browser = Self {
            process,
            requests,
            responses,
            session: None,
            asked: 0,
            events: Vec::new(),
            _profile: profile,
        };
        let target = browser.ask("Target.createTarget", &json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.ask("Target.attachToTarget", &attach);
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.ask(&format!("{domain}.enable"), &json!({}));
        }
        Some(browser)
    }

    /// Opens a file and waits until it is loaded.
    pub fn open(&mut self, page: &Path) {
        let url = format!("file://{}", page.display());
        let went = self.ask("Page.navigate", &json!({ "url": url }));
        assert!(went.get("errorText").is_none(), "{went}");
        while !self.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            self.hear();
        }
    }

    /// The value of an expression in the page.
    pub fn value(&mut self, expression: &str) -> Value {
        let answer =
            self.ask("Runtime.evaluate", &json!({ "expression": expression, "returnByValue": true }));
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Clicks with the mouse in the middle of what a selector finds first.
    pub fn click(&mut self, selector: &str) {
        let place = self.middle(selector);
        for kind in ["mousePressed", "mouseReleased"] {
            let event =
                json!({ "type": kind, "x": place["x"], "y": place["y"], "button": "left", "clickCount": 1 });
            self.ask("Input.dispatchMouseEvent", &event);
        }
    }

    fn middle(&mut self, selector: &str) -> Value {
        self.value(&format!(
            "(() => {{ const found = document.querySelector({selector:?}); \
             found.scrollIntoView({{ block: 'center', inline: 'center' }}); \
             const box = found.getBoundingClientRect(); \
             return {{ x: box.x + box.width / 2, y: box.y + box.height / 2 }}; }})()"
        ))
    }

    /// Moves the mouse to the middle of what a selector finds first.
    pub fn hover(&mut self, selector: &str) {
        let place = self.middle(selector);
        let event = json!({ "type": "mouseMoved", "x": place["x"], "y": place["y"] });
        self.ask("Input.dispatchMouseEvent", &event);
    }

    /// Presses a key on what a selector finds first.
    pub fn press(&mut self, selector: &str, key: &str) {
        self.value(&format!("document.querySelector({selector:?}).focus()"));
        self.key(key);
    }

    /// Presses a key, one of [`KEYS`], on what has the focus.
    pub fn key(&mut self, key: &str) {
        let (_, code, text) = KEYS.into_iter().find(|(name, ..)| *name == key).unwrap();
        for kind in ["keyDown", "keyUp"] {
            let event = json!({ "type": kind, "key": key, "text": text, "windowsVirtualKeyCode": code });
            self.ask("Input.dispatchKeyEvent", &event);
        }
    }

    /// Types a text into what a selector finds first.
    pub fn enter(&mut self, selector: &str, text: &str) {
        self.value(&format!("document.querySelector({selector:?}).focus()"));
        self.ask("Input.insertText", &json!({ "text": text }));
    }

    /// Gives the page a width in pixels and a colour scheme.
    pub fn show(&mut self, width: u32, scheme: &str) {
        let metrics = json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500 });
        self.ask("Emulation.setDeviceMetricsOverride", &metrics);
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.ask("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// The messages of the page on the console and in the log, and its uncaught errors.
    pub fn complaints(&mut self) -> Vec<String> {
        // A response follows all events that happened before its request.
        self.value("0");
        let methods = ["Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"];
        self.of_events(&methods, |event| event["params"].to_string())
    }

    /// The addresses of all resources that the page requested.
    pub fn requests(&mut self) -> Vec<String> {
        self.value("0");
        self.of_events(&["Network.requestWillBeSent"], |event| {
            event["params"]["request"]["url"].as_str().unwrap().to_owned()
        })
    }

    fn of_events(&self, methods: &[&str], text: impl Fn(&Value) -> String) -> Vec<String> {
        let named = |event: &&Value| methods.iter().any(|method| event["method"] == **method);
        self.events.iter().filter(named).map(text).collect()
    }

    /// Sends a command and waits for its answer.
    fn ask(&mut self, method: &str, parameters: &Value) -> Value {
        self.asked += 1;
        let mut message = json!({ "id": self.asked, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.requests.write_all(message.to_string().as_bytes()).unwrap();
        self.requests.write_all(&[0]).unwrap();
        loop {
            let answer = self.hear();
            if answer["id"] == self.asked {
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].clone();
            }
        }
    }

    /// The next message; events are kept.
    fn hear(&mut self) -> Value {
        let message = self.responses.recv_timeout(PATIENCE).expect("the browser answers within its time");
        if message.get("method").is_some() {
            self.events.push(message.clone());
        }
        message
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Closed by its own command, its processes end with it.
        let _ = self.requests.write_all(b"{\"id\":0,\"method\":\"Browser.close\"}\0");
        let _ = self.process.wait();
    }
}

fn installed() -> Option<PathBuf> {
    let folders: Vec<_> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
    let candidates = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.into_iter().find(|path| path.is_file())
}
