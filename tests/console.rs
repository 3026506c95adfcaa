//! The console as a person walks it: from the first page every link is followed, in both languages, and what the pages
//! say is what the program says.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use support::front_door::json;
use support::{FrontDoor, http};

/// The console, stopped when the test ends.
struct Console {
    process: Child,
    address: String,
}

impl Console {
    fn start(door: &FrontDoor) -> Self {
        let mut process =
            door.meterline(&["serve", "--listen", "127.0.0.1:0"]).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(process.stderr.take().unwrap()).read_line(&mut said).unwrap();
        let address = said.trim().strip_prefix("console: http://").and_then(|rest| rest.strip_suffix('/'));
        Self { process, address: address.unwrap_or_else(|| panic!("{said}")).to_owned() }
    }

    async fn page(&self, path: &str) -> String {
        let (status, body) = http::get(&self.address, path).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A household with a bill of October, paid in part; a rejected frame, a conflict, an alarm.
async fn utility(door: &mut FrontDoor) -> String {
    door.import("areas", "code,name\nE1,East\n");
    door.import("books", "code,name,service,cycle\nB1,East 1,water,monthly\n");
    door.import("accounts", "account_no,name,opened_on\n0010042,<b>Zhang</b> & Son,2026-10-01\n");
    door.import(
        "services",
        "service_no,account_no,service,area,use_class,tariff,book,from\n\
         0020042,0010042,water,E1,residential,RES-WATER,B1,2026-10-01\n\
         0020043,0010042,water,E1,residential,RES-WATER,B1,2026-10-01\n",
    );
    door.import(
        "meters",
        "serial,medium,protocol,address,service_no,installed_at,register,digits,opening\n\
         W1,water,json,1001,0020042,2020-01-01,8-0:1.0.0,5,0\nW2,water,json,1002,0020043,2020-01-01,8-0:1.0.0,5,0\n",
    );
    for (name, role) in [("li", "clerk"), ("wang", "supervisor"), ("chen", "cashier")] {
        door.output(&["user", "add", name, "--role", role]);
    }
    let tariff = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/demo/tariff-res-water.json");
    door.output(&["tariff", "publish", tariff, "--as", "wang"]);
    door.start().await;
    let topic = |address: &str| format!("meters/json/{address}/up");
    let alarm = r#"{"address":"1001","time":"2026-11-02T00:00:00+08:00","registers":{"8-0:1.0.0":"336"},"status":["battery_low"]}"#;
    door.publish(vec![
        (topic("1001"), json("1001", "2026-10-01T00:00:00+08:00", "321.45")),
        (topic("1001"), json("1001", "2026-11-01T00:00:00+08:00", "335.9")),
        (topic("1001"), alarm.as_bytes().to_vec()),
        (topic("1009"), json("1009", "2026-11-01T00:00:00+08:00", "1")),
    ])
    .await;
    door.received(4).await;
    let run = door.json(&["bill", "run", "--period", "2026-10", "--as", "li"])["run"].to_string();
    door.output(&["bill", "approve", &run, "--as", "wang"]);
    door.output(&["bill", "issue", &run, "--as", "li"]);
    let bill_no = door.csv(&["bill", "list", "--period", "2026-10"])[0]["bill_no"].clone();
    let pay = [
        "pay",
        "--account",
        "0010042",
        "--amount",
        "10.00",
        "--channel",
        "counter",
        "--ref",
        "R1",
        "--as",
        "chen",
    ];
    door.output(&pay);
    // Only now: a boundary in conflict would have parked the bill.
    door.publish(vec![(topic("1001"), json("1001", "2026-10-01T00:00:00+08:00", "321.46"))]).await;
    door.received(5).await;
    // Who was heard is noted now and then, and at the end.
    door.stop();
    bill_no
}

/// The addresses that a page links to.
fn links(page: &str) -> impl Iterator<Item = String> {
    page.split("href=\"").skip(1).filter_map(|rest| {
        let link = rest.split('"').next()?.replace("&amp;", "&");
        link.starts_with('/').then_some(link)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_number_opens_its_documents() {
    let Some(mut door) = FrontDoor::new().await else { return };
    let bill_no = utility(&mut door).await;
    let console = Console::start(&door);

    // Every link of every page that can be reached, in both languages.
    let (mut seen, mut next) = (BTreeSet::new(), vec!["/".to_owned()]);
    while let Some(path) = next.pop() {
        if seen.insert(path.clone()) {
            let page = console.page(&path).await;
            assert!(!page.contains("<b>Zhang"), "{path}: a name is text, never markup");
            next.extend(links(&page));
            let chinese =
                console.page(&format!("{path}{}lang=zh", if path.contains('?') { '&' } else { '?' })).await;
            assert!(path.starts_with("/style") || chinese.contains("lang=\"zh\""), "{path}");
        }
    }
    let bill = format!("/bills/{bill_no}");
    for path in
        [&bill, "/runs/1", "/payments", "/arrears", "/alarms", "/rejections", "/conflicts", "/meters/W1"]
    {
        assert!(seen.contains(path), "no way leads from the first page to {path}: {seen:?}");
    }

    // The first page says what the program says.
    let home = console.page("/?lang=en").await;
    let open = door.csv(&["arrears", "--by", "area"])[0]["principal"].clone();
    for number in [open.as_str(), "10.00", "1 / 2"] {
        assert!(home.contains(&format!(">{number}<")), "{number} in {home}");
    }

    // The bill's page tells each line as `bill explain` does, down to the bytes.
    let page = console.page(&format!("{bill}?lang=en")).await;
    let told = door.json(&["bill", "explain", &bill_no]);
    for line in told["lines"].as_array().unwrap() {
        assert!(page.contains(line["explanation"].as_str().unwrap()), "{line} in {page}");
    }
    for end in ["open", "close"] {
        let frame = told["readings"][0][end]["frame"].as_str().unwrap();
        let bytes: Vec<_> =
            frame.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap()).collect();
        assert!(page.contains(&bytes.join(" ")), "the frame {frame} in {page}");
    }
    let run = console.page("/runs/1?lang=zh").await;
    assert!(run.contains("0020043") && run.contains("挂起"), "who got no bill, and why: {run}");
    assert!(console.page("/alarms?lang=zh").await.contains("电池欠压"));
    assert!(console.page("/rejections?lang=en").await.contains("unknown meter"));
    assert!(console.page("/conflicts?lang=en").await.contains("321.46"));

    assert_eq!(http::get(&console.address, "/bills/nothing").await.0, 404);
    assert_eq!(http::post(&console.address, "/bills", "text/plain", "x").await.0, 405, "it only reads");
}
