//! Dashboards and alert rules ask for what is there: every query of every panel is run against a Prometheus that
//! scrapes a working ingest and against the database that it writes, and finds an answer.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

use serde_json::Value;
use store::Role;
use support::{FrontDoor, eventually, front_door, http};
use tokio_postgres::SimpleQueryMessage;

/// One query of one panel.
struct Query {
    panel: String,
    text: String,
}

/// Every dashboard of the checkout, by file name.
fn dashboards() -> BTreeMap<String, Value> {
    let files = root("dashboards/grafana").read_dir().unwrap().map(|entry| entry.unwrap().path());
    let json = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let read = |path: PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let dashboard = serde_json::from_slice(&std::fs::read(&path).unwrap());
        (name.clone(), dashboard.unwrap_or_else(|error| panic!("{name}: {error}")))
    };
    json.map(read).collect()
}

/// Panels that show something; a row is a heading.
fn panels(dashboard: &Value) -> impl Iterator<Item = &Value> {
    dashboard["panels"].as_array().unwrap().iter().filter(|panel| panel["type"] != "row")
}

/// Every query of a kind (`expr`, `rawSql`) in all dashboards.
fn queries(kind: &str) -> Vec<Query> {
    let mut found = Vec::new();
    for (file, dashboard) in dashboards() {
        for panel in panels(&dashboard) {
            for target in panel["targets"].as_array().unwrap() {
                if let Some(text) = target[kind].as_str() {
                    let panel = format!("{file}: {}", panel["title"].as_str().unwrap());
                    found.push(Query { panel, text: text.to_owned() });
                }
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn every_query_of_every_panel_finds_an_answer() {
    let Some(mut door) = FrontDoor::new().await else { return };
    let Some(prometheus) = std::env::var("PROMETHEUS_URL").ok().filter(|url| !url.is_empty()) else {
        eprintln!(
            "SKIPPED: PROMETHEUS_URL is not set (`make test` sets it where there is a private Prometheus)"
        );
        return;
    };
    let prometheus = prometheus.trim_start_matches("http://").trim_end_matches('/');
    let http = busy(&mut door).await;
    let others = Others::start(&door);

    // What is asked for is exported at all. What a poll says and what the broker tells comes in time.
    let mut page = String::new();
    eventually("a line was polled, the broker has told its memory", Duration::from_secs(20), async || {
        page = http::get(&http, "/metrics").await.1;
        page.contains("\nmeterline_polls_total{") && page.contains("\nmeterline_broker_heap_bytes ")
    })
    .await;
    for other in &others.pages {
        eventually("it listens", Duration::from_secs(20), async || {
            tokio::net::TcpStream::connect(other).await.is_ok()
        })
        .await;
        // A page of the console, so that there is one to tell of.
        http::get(&others.console, "/").await;
        eventually("jobs have run", Duration::from_secs(20), async || {
            http::get(other, "/metrics").await.1.contains("\nmeterline_job_success_timestamp_seconds{")
        })
        .await;
        page += &http::get(other, "/metrics").await.1;
    }
    let exported = exported(&page);
    let mut asked = queries("expr");
    for query in &asked {
        assert_exported(&query.panel, &query.text, &exported);
    }
    for (rule, expression) in rules() {
        assert_exported(&rule, &expression, &exported);
    }

    // What is asked of the database is there to be read, by a dashboard's rights.
    let reader = store::connect(&door.database_url, Role::Read).await.unwrap();
    for query in queries("rawSql") {
        eventually(&format!("{} has rows", query.panel), Duration::from_secs(15), async || {
            let answer = reader.simple_query(&sql(&query.text)).await;
            let rows = answer.unwrap_or_else(|error| panic!("{}: {error:?}", query.panel));
            rows.iter().any(|message| matches!(message, SimpleQueryMessage::Row(_)))
        })
        .await;
    }

    // What is asked of Prometheus is answered, once it has scraped often enough for a rate.
    asked.retain(|query| !query.text.is_empty());
    let mut last = String::new();
    eventually("every query of a panel finds series", Duration::from_secs(40), async || {
        let mut without = Vec::new();
        for query in asked.drain(..) {
            if series(prometheus, &query, &http).await == 0 {
                without.push(query);
            }
        }
        asked = without;
        let now: Vec<_> = asked.iter().map(|query| query.panel.as_str()).collect();
        if last != now.join(", ") {
            last = now.join(", ");
            eprintln!("without series yet: {last}");
        }
        asked.is_empty()
    })
    .await;
    door.stop();
}

/// `serve` and `work`, and where their `/metrics` are.
struct Others {
    processes: [Child; 2],
    pages: [String; 2],
    console: String,
}

impl Others {
    fn start(door: &FrontDoor) -> Self {
        let pages = [0, 1].map(|_| free_address());
        let [serve, work] = [0, 1].map(|n: usize| pages[n].rsplit_once(':').unwrap().1);
        let console = free_address();
        let start = |arguments: &[&str]| door.meterline(arguments).spawn().unwrap();
        let processes = [
            start(&["serve", "--listen", &console, "--metrics", serve]),
            start(&["work", "--every", "1", "--metrics", work]),
        ];
        Self { processes, pages, console }
    }
}

impl Drop for Others {
    fn drop(&mut self) {
        for process in &mut self.processes {
            // In order, so that Prometheus looks for them no more.
            let _ = std::process::Command::new("kill").arg(process.id().to_string()).status();
            let _ = process.wait();
        }
    }
}

/// An address where nobody listens now.
fn free_address() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// Lets an ingest meet a frame of each outcome, by several doors, a line that does not answer, and a meter that says
/// nothing. Returns where its `/metrics` is.
async fn busy(door: &mut FrontDoor) -> String {
    door.home = None;
    door.settings("[alarms]\nsilence_check_s = 1");
    door.import("books", "code,name,service,cycle\nB1,Book,water,monthly\n");
    door.import("accounts", "account_no,name,opened_on\n1,One,2026-01-01\n");
    door.import(
        "services",
        "service_no,account_no,service,use_class,tariff,book,from\nW1,1,water,resident,RES-WATER,B1,2026-01-01\n\
         W2,1,water,resident,RES-WATER,B1,2026-01-01\nE1,1,electricity,resident,RES-POWER,,2026-01-01\n",
    );
    door.import(
        "meters",
        "serial,medium,protocol,address,service_no,installed_at,register,opening\n\
         TALKS,water,json,A1,W1,2026-01-01,8-0:1.0.0,0\nSILENT,water,json,A2,W2,2026-01-01,8-0:1.0.0,0\n\
         POLLED,electricity,,,E1,2026-01-01,1-0:1.8.0,0\n",
    );
    door.import("lines", "code,kind,host,port,interval_s\nL1,modbus-tcp,127.0.0.1,1,1\n");
    door.import("devices", "line,unit,serial,profile\nL1,1,POLLED,eastron-sdm630\n");
    let impatient = "update meters set expected_interval_s = 1 where serial = 'SILENT'";
    door.client().await.batch_execute(impatient).await.unwrap();
    door.start().await;

    let frame = |payload| ("meters/json/A1/up".to_owned(), payload);
    let reading = |value| frame(front_door::json("A1", "2026-02-01T00:00:00Z", value));
    door.publish(vec![reading("1.5"), reading("1.5"), reading("2"), frame(b"garbage".to_vec())]).await;
    let document = r#"{"frames":[{"time":"2026-02-02T00:00:00Z","format":"json","hex":"7b7d"}]}"#;
    assert_eq!(door.post("/push/frames", "", document).await, 200);
    door.received(5).await;
    assert_eq!(door.counts(), [1, 1, 1, 2], "stored, duplicate, conflict, rejected");
    door.http().await
}

/// Names of metrics on a page, histograms with the names of their series.
fn exported(page: &str) -> BTreeSet<String> {
    let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    types
        .flat_map(|(name, kind)| match kind {
            "histogram" => ["_bucket", "_sum", "_count"].map(|suffix| format!("{name}{suffix}")).to_vec(),
            _ => vec![name.to_owned()],
        })
        .collect()
}

#[track_caller]
fn assert_exported(place: &str, expression: &str, exported: &BTreeSet<String>) {
    for name in names(expression) {
        assert!(
            exported.contains(name),
            "{place} asks for {name}, which nobody exports; there are {exported:?}"
        );
    }
}

/// The names of our metrics in an expression.
fn names(expression: &str) -> impl Iterator<Item = &str> {
    let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':');
    words.filter(|word| word.starts_with("meterline_") || word.starts_with("process_"))
}

/// The alert rules: name and expression.
fn rules() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(root("dashboards/prometheus/alerts.rules.yml")).unwrap();
    let rules: Vec<_> = text
        .split("- alert:")
        .skip(1)
        .map(|rule| {
            let (name, rest) = rule.split_once('\n').unwrap();
            let (_, expression) = rest.split_once("expr:").unwrap();
            // It ends where the rule's next key begins, on a line of its own.
            let ends = ["for:", "labels:", "annotations:"]
                .iter()
                .filter_map(|key| expression.find(&format!("\n        {key}")));
            (name.trim().to_owned(), expression[..ends.min().unwrap()].to_owned())
        })
        .collect();
    assert!(rules.iter().all(|(name, expression)| !name.is_empty() && !expression.trim().is_empty()));
    rules
}

/// How many series a query finds; what Prometheus refuses fails the test.
async fn series(prometheus: &str, query: &Query, instance: &str) -> usize {
    let expression =
        query.text.replace("$__rate_interval", "30s").replace("$instance", &instance.replace('.', "\\\\."));
    assert!(
        !expression.contains('$'),
        "{}: a variable that this test does not know: {expression}",
        query.panel
    );
    let body = format!("query={}", form(&expression));
    let (_, answer) =
        http::post(prometheus, "/api/v1/query", "application/x-www-form-urlencoded", body).await;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["status"], "success", "{}: {expression}: {answer}", query.panel);
    answer["data"]["result"].as_array().unwrap().len()
}

/// As in a form: everything but letters and digits by its bytes.
fn form(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// A query with Grafana's macros filled in: all of this century.
fn sql(text: &str) -> String {
    let mut sql = String::new();
    let mut rest = text;
    while let Some((before, macro_and_after)) = rest.split_once("$__timeFilter(") {
        let (column, after) = macro_and_after.split_once(')').unwrap();
        sql.extend([before, column, " between '2000-01-01' and '2100-01-01'"]);
        rest = after;
    }
    sql += rest;
    assert!(!sql.contains('$'), "a macro that this test does not know: {sql}");
    sql
}

#[test]
fn each_panel_asks_a_question_that_operations_answers() {
    let operations = std::fs::read_to_string(root("docs/operations.md")).unwrap();
    for (file, dashboard) in dashboards() {
        let mut ids = BTreeSet::new();
        for panel in panels(&dashboard) {
            let title = panel["title"].as_str().unwrap();
            assert!(title.ends_with('?'), "{file}: {title:?} is no question");
            assert!(
                !panel["description"].as_str().unwrap_or_default().is_empty(),
                "{file}: {title} has no description"
            );
            assert!(ids.insert(panel["id"].as_u64().unwrap()), "{file}: {title} has the id of another panel");
            assert!(
                operations.contains(&format!("| {title} |")),
                "{file}: docs/operations.md does not answer {title:?}"
            );
        }
    }
    for (alert, _) in rules() {
        assert!(
            operations.contains(&format!("| {alert} |")),
            "docs/operations.md does not tell of the alarm {alert}"
        );
    }
}

#[test]
fn each_panel_asks_a_data_source_that_is_provisioned() {
    let folder = root("dashboards/grafana/provisioning/datasources");
    let sources: String = folder
        .read_dir()
        .unwrap()
        .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    for (file, dashboard) in dashboards() {
        for panel in panels(&dashboard) {
            let targets = panel["targets"].as_array().unwrap();
            for source in targets.iter().map(|target| &target["datasource"]).chain([&panel["datasource"]]) {
                let (uid, kind) = (source["uid"].as_str().unwrap(), source["type"].as_str().unwrap());
                let known = sources.contains(&format!("uid: {uid}\n    type: {kind}\n"));
                assert!(known, "{file}: {} asks {kind} {uid}, which is not provisioned", panel["title"]);
            }
        }
    }
}

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
