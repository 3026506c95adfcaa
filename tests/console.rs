//! The console as a person walks it: from the first page every link is followed, in both languages, and what the pages
//! say is what the program says.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use hyper::Method;
use serde_json::{Value, json};
use support::front_door::json as frame;
use support::{FrontDoor, http};

/// The console, stopped when the test ends.
struct Console {
    process: Child,
    address: String,
}

impl Console {
    fn start(door: &FrontDoor) -> Self {
        Self::run(&mut door.meterline(&["serve", "--listen", "127.0.0.1:0"]))
    }

    fn run(command: &mut Command) -> Self {
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
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

    async fn ask(&self, path: &str, headers: &[(&str, &str)]) -> http::Answer {
        http::ask(&self.address, Method::GET, path, headers, "").await
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
    door.import(
        "openings",
        "service_no,item,amount,as_of,due_on,ref\n0020042,receivable,100.00,2026-09-30,2026-08-31,old1\n\
         0020042,receivable,50.50,2026-09-30,2026-08-31,old2\n0020043,receivable,7.25,2026-09-30,2026-09-30,old3\n",
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
        (topic("1001"), frame("1001", "2026-10-01T00:00:00+08:00", "321.45")),
        (topic("1001"), frame("1001", "2026-11-01T00:00:00+08:00", "335.9")),
        (topic("1001"), alarm.as_bytes().to_vec()),
        (topic("1009"), frame("1009", "2026-11-01T00:00:00+08:00", "1")),
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
    door.publish(vec![(topic("1001"), frame("1001", "2026-10-01T00:00:00+08:00", "321.46"))]).await;
    door.received(5).await;
    // Who was heard is noted now and then, and at the end.
    door.stop();
    bill_no
}

/// The addresses that a page links to.
fn links(page: &str) -> impl Iterator<Item = String> {
    page.split("href=\"").skip(1).filter_map(|rest| {
        let link = rest.split('"').next()?.replace("&amp;", "&").replace("&#38;", "&");
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
    let why = "<a href=\"/meters/W2\">W2 8-0:1.0.0，2026-11-01 00:00:00</a>";
    assert!(run.contains(why), "where to look, in civil time: {run}");
    assert!(console.page("/alarms?lang=zh").await.contains("电池欠压"));
    assert!(console.page("/rejections?lang=en").await.contains("unknown meter"));
    assert!(console.page("/conflicts?lang=en").await.contains("321.46"));

    arrears(&door, &console).await;
    given_up(&door, &console).await;
    api(&console, &bill_no).await;
    cancelled(&door, &console, &bill_no).await;
    refusals(&console).await;
    forms(&console).await;
}

/// Part after part, the arrears of a day are those that the program lists, today and at a day that is past.
async fn arrears(door: &FrontDoor, console: &Console) {
    for as_of in [None, Some("2026-10-15")] {
        let mut words = vec!["arrears"];
        words.extend(as_of.iter().flat_map(|day| ["--as-of", day]));
        let told = door.csv(&words);
        assert!(told.len() >= 3, "{told:?}");
        let day = as_of.map_or(String::new(), |day| format!("&as_of={day}"));
        let mut next = Some(format!("/arrears?lang=en&size=1{day}"));
        let mut shown = Vec::new();
        while let Some(path) = next {
            let page = console.page(&path).await;
            let row = page.split("<tbody>").nth(1).unwrap();
            let bill_no = row.split("href=\"/bills/").nth(1).unwrap().split('"').next().unwrap().to_owned();
            let line = told.iter().find(|line| line["bill_no"] == bill_no).unwrap();
            for fact in ["principal", "open", "due_on"] {
                assert!(row.contains(&format!(">{}<", line[fact])), "{fact} of {line:?} in {row}");
            }
            shown.push((line["due_on"].clone(), bill_no));
            next = page.contains("rel=\"next\"").then(|| {
                let address = page.split("\" rel=\"next\"").next().unwrap().rsplit("href=\"").next().unwrap();
                address.replace("&#38;", "&").replace("&amp;", "&")
            });
        }
        assert!(shown.is_sorted(), "the oldest first: {shown:?}");
        let all: BTreeSet<_> =
            told.iter().map(|line| (line["due_on"].clone(), line["bill_no"].clone())).collect();
        assert_eq!(shown.iter().cloned().collect::<BTreeSet<_>>(), all);
        assert_eq!(shown.len(), all.len(), "each once");
        let sum: rust_decimal::Decimal =
            told.iter().map(|line| line["open"].parse::<rust_decimal::Decimal>().unwrap()).sum();
        let page = console.page(&format!("/arrears?lang=en{day}")).await;
        assert!(page.contains(&format!(">{sum}<")), "{sum} in {page}");
        // Each age holds its bills, and no other.
        let mut of_ages = 0;
        for age in all.iter().map(|(due_on, _)| due_on) {
            let bucket = &told.iter().find(|line| &line["due_on"] == age).unwrap()["bucket"];
            let page = console.page(&format!("/arrears?lang=en&bucket={bucket}{day}")).await;
            let same = told.iter().filter(|line| &line["bucket"] == bucket).count();
            assert_eq!(page.matches("href=\"/bills/").count(), same, "{bucket}");
            of_ages += 1;
        }
        assert_eq!(of_ages, all.len());
    }
}

/// Of a run that was given up there is nothing to judge.
async fn given_up(door: &FrontDoor, console: &Console) {
    let run = door.json(&["bill", "run", "--period", "2026-10", "--as", "li"])["run"].to_string();
    door.output(&["bill", "abort", &run, "--as", "li"]);
    let page = console.page(&format!("/runs/{run}?lang=en")).await;
    assert!(page.contains("aborted") && !page.contains("they do not agree"), "{page}");
    door.output(&["bill", "status", &run]);
}

/// A bill and what takes it back lead to each other, before and after the approval.
async fn cancelled(door: &FrontDoor, console: &Console, bill_no: &str) {
    let run =
        door.json(&["bill", "cancel", bill_no, "--reason", "wrong meter", "--as", "li"])["run"].to_string();
    let banner = |page: &str| {
        page.split("class=\"banner\">").nth(1).map(|rest| rest.split("</p>").next().unwrap().to_owned())
    };
    let bill = format!("/bills/{bill_no}?lang=en");
    let waits = banner(&console.page(&bill).await).unwrap();
    assert!(waits.contains("waits for approval"), "{waits}");
    door.output(&["bill", "approve", &run, "--as", "wang"]);
    let done = banner(&console.page(&bill).await).unwrap();
    assert!(done.contains("was cancelled"), "{done}");
    let reversal = links(&done).next().unwrap();
    let page = console.page(&format!("{reversal}?lang=en")).await;
    assert!(banner(&page).unwrap().contains(&format!("href=\"/bills/{bill_no}\"")), "{page}");
    let name = |page: &str| {
        page.split("<tbody>")
            .nth(1)
            .unwrap()
            .split("<td>")
            .nth(1)
            .unwrap()
            .split('<')
            .next()
            .unwrap()
            .to_owned()
    };
    assert_eq!(name(&page), name(&console.page(&bill).await), "its lines have the same names");
    assert!(!name(&page).trim().is_empty(), "{page}");
}

/// The list for programs says what the page says, in parts by key.
async fn api(console: &Console, bill_no: &str) {
    let json = async |path: &str| -> Value { serde_json::from_str(&console.page(path).await).unwrap() };
    let bills = json("/api/v1/bills?period=2026-10&limit=1").await;
    assert_eq!(bills["items"][0]["bill_no"], bill_no);
    assert_eq!(bills["items"][0]["state"], "issued");
    assert_eq!(bills["next"], Value::Null, "one bill, one part: {bills}");
    assert_eq!(json("/api/v1/bills?period=2026-08").await["items"], json!([]));
    let described = json("/api/v1/openapi.json").await;
    let fields = &described["components"]["schemas"]["Bill"]["properties"];
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(keys(fields), keys(&bills["items"][0]));
    let refused = console.ask("/api/v1/bills?opne=1&lang=zh", &[]).await;
    assert_eq!((refused.status, refused.header("content-type")), (400, "application/problem+json"));
    let problem: Value = serde_json::from_str(&refused.body).unwrap();
    assert_eq!((&problem["kind"], &problem["status"]), (&json!("invalid"), &json!(400)));
    assert!(problem["detail"].as_str().unwrap().contains("opne"), "{problem}");
    assert!(problem["detail_zh"].as_str().unwrap().contains("没有这个参数"), "{problem}");
}

/// What cannot be read or is not there is said in the console's frame, in the reader's language; never another figure
/// in its place.
async fn refusals(console: &Console) {
    for (path, status, zh, en) in [
        ("/bills/nothing", 404, "没有找到", "There is no such thing here"),
        ("/nowhere", 404, "没有找到", "There is no such thing here"),
        ("/runs/999999", 404, "没有找到", "There is no such thing here"),
        ("/runs/abc", 400, "参数 run（abc）有误", "The parameter run (abc)"),
        ("/bills?q=%00", 400, "控制字符", "control characters"),
        ("/bills/%00", 400, "控制字符", "control characters"),
        ("/meters?after=%1b", 400, "控制字符", "control characters"),
        ("/bills?after=abc", 400, "参数 after（abc）有误", "The parameter after (abc)"),
        ("/payments?after=1", 400, "参数 after（1）有误", "The parameter after (1)"),
        ("/alarms?page=abc", 400, "参数 page（abc）有误", "The parameter page (abc)"),
        ("/alarms?page=99999999999999999999", 400, "0 至 1000 的整数", "from 0 to 1000"),
        ("/bills?size=0", 400, "1 至 200 的整数", "from 1 to 200"),
        ("/payments?month=2026-13", 400, "应为月份", "expected a month"),
        ("/arrears?as_of=foo", 400, "应为日期", "expected a day"),
        ("/arrears?as_of=9999-12-31", 400, "最晚为", "not after"),
        ("/arrears?bucket=old", 400, "应为以下之一", "expected one of not_due, 1-30"),
    ] {
        for (lang, said) in [("zh", zh), ("en", en)] {
            let answer = console.ask(path, &[("cookie", &format!("lang={lang}"))]).await;
            assert_eq!(answer.status, status, "{path}: {}", answer.body);
            assert!(answer.header("content-type").starts_with("text/html"), "{path}");
            assert!(answer.body.contains(&format!("<html lang=\"{lang}\"")), "{path}");
            assert!(answer.body.contains("<nav") && answer.body.contains(said), "{path}: {}", answer.body);
        }
    }
    let posted = http::ask(&console.address, Method::POST, "/bills", &[("cookie", "lang=en")], "x").await;
    assert_eq!((posted.status, posted.header("allow")), (405, "GET,HEAD"));
    assert!(posted.body.contains("That cannot be done here"), "{}", posted.body);
    for accept in ["application/json", "application/problem+json"] {
        let answer = console.ask("/bills/nothing", &[("accept", accept)]).await;
        let problem: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(
            (&problem["type"], &problem["field"]),
            (&json!("urn:meterline:problem:unknown"), &Value::Null)
        );
    }
    // A name that leads here, but is not ours.
    assert_eq!(console.ask("/metrics", &[]).await.status, 404, "they have a port of their own");
    for path in ["/payments", "/metrics", "/healthz", "/api/v1/bills", "/nowhere"] {
        assert_eq!(console.ask(path, &[("host", "evil.example")]).await.status, 421, "{path}");
    }
    assert_eq!(console.ask("/healthz", &[("host", "localhost:1")]).await.body, "ok\n");
    // The browser's language, where nothing else was asked for; and what was asked for stays when it changes.
    let page =
        console.ask("/arrears?as_of=2026-12-31&bucket=1-30", &[("accept-language", "en-US")]).await.body;
    assert!(page.contains("href=\"/arrears?as_of=2026-12-31&#38;bucket=1-30&#38;lang=zh\""), "{page}");
}

/// Only our own pages can send a form.
async fn forms(console: &Console) {
    let page = console.ask("/bills?open=1&lang=en", &[]).await;
    for (header, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cache-control", "no-store"),
        ("referrer-policy", "same-origin"),
    ] {
        assert_eq!(page.header(header), value);
    }
    assert!(page.header("content-security-policy").starts_with("default-src 'none'; style-src 'self'"));
    let cookies: Vec<&str> =
        page.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    let visitor = cookies.iter().find(|cookie| cookie.starts_with("visitor=")).unwrap();
    assert!(visitor.contains("HttpOnly") && visitor.contains("SameSite=Strict"), "{visitor}");
    let visitor = visitor.split(';').next().unwrap();
    let token = page.body.split("name=\"form_token\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let origin = format!("http://{}", console.address);
    let form = ("content-type", "application/x-www-form-urlencoded");
    let body = format!("theme=dark&back=%2Fbills%3Fopen%3D1&form_token={token}");
    let send = async |headers: &[(&str, &str)], body: &str| {
        http::ask(&console.address, Method::POST, "/preferences", headers, body.to_owned()).await
    };
    let kept =
        send(&[form, ("cookie", visitor), ("origin", &origin), ("sec-fetch-site", "same-origin")], &body)
            .await;
    assert_eq!((kept.status, kept.header("location")), (303, "/bills?open=1"), "{}", kept.body);
    assert!(kept.header("set-cookie").starts_with("theme=dark;"));
    let dark = console.ask("/", &[("cookie", "theme=dark")]).await.body;
    assert!(dark.contains("data-theme=\"dark\""), "{dark}");

    let other = "visitor=00112233445566778899aabbccddeeff";
    for (headers, body, status) in [
        (vec![form, ("cookie", visitor), ("origin", "http://evil.example")], body.as_str(), 403),
        (vec![form, ("cookie", visitor), ("sec-fetch-site", "cross-site")], &body, 403),
        (vec![form, ("cookie", visitor)], "theme=dark", 403),
        (vec![form], &body, 403),
        (vec![form, ("cookie", other)], &body, 403),
        (vec![form, ("cookie", visitor)], &format!("{body}&theme=pink"), 400),
        (vec![("cookie", visitor), ("content-type", "text/plain")], &body, 400),
        (vec![form, ("cookie", visitor)], &"x".repeat(70_000), 413),
    ] {
        let answer = send(&headers, body).await;
        assert_eq!(answer.status, status, "{headers:?}: {}", answer.body);
        assert_eq!(answer.header("set-cookie"), "", "{headers:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_part_of_a_list_leads_nowhere() {
    let Some(door) = FrontDoor::new().await else { return };
    door.add_meters(50).await;
    let console = Console::start(&door);
    let next = |page: &str| {
        let end = page.split("\" rel=\"next\"").next().filter(|before| before.len() < page.len())?;
        Some(end.rsplit("href=\"").next()?.replace("&#38;", "&"))
    };
    assert_eq!(next(&console.page("/meters?lang=en").await), None, "50 meters are one page");
    let mut path = "/meters?lang=en&size=20".to_owned();
    let mut serials = Vec::new();
    loop {
        let page = console.page(&path).await;
        let rows = page.split("href=\"/meters/").skip(1).map(|row| row.split('"').next().unwrap().to_owned());
        let before = serials.len();
        serials.extend(rows);
        assert!(serials.len() > before, "an empty part: {path}");
        match next(&page) {
            Some(address) => path = address,
            None => break,
        }
    }
    let mut all: Vec<String> = (1..=50).map(|n| format!("S{n}")).collect();
    all.sort();
    assert_eq!(serials, all);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_database_it_says_so_in_the_readers_language() {
    let Some(door) = FrontDoor::new().await else { return };
    let nobody = "postgres://nobody@127.0.0.1:1/nothing";
    let console =
        Console::run(door.meterline(&["serve", "--listen", "127.0.0.1:0"]).env("DATABASE_URL", nobody));
    for (lang, said) in [("en", "No database"), ("zh", "数据库连接不上")] {
        let answer = console.ask("/bills?open=1", &[("cookie", &format!("lang={lang}"))]).await;
        assert_eq!(answer.status, 503, "{}", answer.body);
        assert!(answer.body.contains(said) && answer.body.contains("<nav"), "{}", answer.body);
    }
    let health = console.ask("/healthz", &[]).await;
    assert_eq!((health.status, health.body.as_str()), (503, "busy\n"));
    assert!(health.header("content-type").starts_with("text/plain"));
}

#[tokio::test(flavor = "multi_thread")]
async fn other_machines_do_not_reach_it() {
    let Some(door) = FrontDoor::new().await else { return };
    let refused = door.ended(&["serve", "--listen", "0.0.0.0:0"]);
    assert_ne!(refused.code, 0);
    assert!(refused.stderr.contains("[console] listen = \"0.0.0.0:0\""), "{}", refused.stderr);
}
