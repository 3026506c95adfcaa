//! The walk of `docs/architecture.md`, with the page in hand: its two frames are sent through the running program, and
//! every value that it prints is looked for where it says. The page and the program cannot drift apart.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;
use support::FrontDoor;

/// The page, each run of white space one blank, and the values that it prints.
struct Page {
    text: String,
}

impl Page {
    fn read() -> Self {
        let text = std::fs::read_to_string(root("docs/architecture.md")).unwrap();
        Self { text: text.split_whitespace().collect::<Vec<_>>().join(" ") }
    }

    /// What stands between two phrases.
    #[track_caller]
    fn between(&self, before: &str, after: &str) -> &str {
        let missing = || panic!("docs/architecture.md says nowhere: {before} … {after}");
        let (_, rest) = self.text.split_once(before).unwrap_or_else(missing);
        rest.split_once(after).unwrap_or_else(missing).0.trim()
    }

    /// The dissected frames, as hex.
    fn frames(&self) -> [String; 2] {
        let frame = |part: &str| {
            let words = part.split(' ').take_while(|word| word.bytes().all(|b| b.is_ascii_hexdigit()));
            format!("6810{}", words.collect::<String>())
        };
        let parts: Vec<_> = self.text.split("```text 68 10 ").skip(1).map(frame).collect();
        parts
            .try_into()
            .unwrap_or_else(|found| panic!("docs/architecture.md shows not two frames: {found:?}"))
    }

    /// The rows of the table of charges: code, quantity, price, amount.
    fn charges(&self) -> Vec<[&str; 4]> {
        let table =
            self.between("| line | quantity | price | amount | |---|---|---|---|", "Each line is exact");
        table
            .split("| |")
            .map(|row| {
                let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
                cells.try_into().unwrap_or_else(|cells| panic!("no row of charges: {cells:?}"))
            })
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_frame_followed_to_a_bill() {
    let Some(mut door) = FrontDoor::new().await else { return };
    let page = Page::read();
    let frames = page.frames();
    decoded(&door, &page, &frames);
    import(&door, &page);
    door.start().await;
    stored(&door, &page, &frames).await;
    let bill_no = billed(&door, &page);
    explained(&door, &page, &frames, &bill_no);
    // Only now: a boundary in conflict would have parked the bill.
    conflict(&door, &page, &frames).await;
    assert_eq!(
        door.ended(&["bill", "verify", &bill_no]).code,
        0,
        "an issued bill stands whatever comes in later"
    );
    door.stop();
}

/// 1 and 2: the wire, and the record.
fn decoded(door: &FrontDoor, page: &Page, frames: &[String; 2]) {
    let command = page.between("`meterline decode", "` says:");
    let words: Vec<_> =
        ["decode"].into_iter().chain(command.split(' ').filter(|word| !word.is_empty())).collect();
    assert_eq!(
        words.last().unwrap().to_uppercase(),
        frames[0].to_uppercase(),
        "the frame that was dissected"
    );
    let answer: Value = serde_json::from_str(&door.output(&words)).unwrap();
    let record = &answer["records"][0];
    let told = |name: &str| record[name].as_str().unwrap();
    let says = format!(
        "{}, value {}, unit {}, state {}, OBIS {}, time {}",
        told("quantity"),
        told("value"),
        told("unit"),
        told("state"),
        told("obis"),
        told("time")
    );
    assert_eq!(says, page.between("` says:", ". The settlement value"));
    assert_eq!(answer["records"][1]["state"], page.between("The settlement value is `", "`"));
    assert_eq!(answer["records"][1]["value"], Value::Null, "which is not zero");
    assert_eq!(answer["device"]["address"], address(page));
    assert_eq!(record["value"], page.between("low byte first, two decimals:", "│"));
    assert_eq!(
        record["time"].as_str().unwrap().replace('T', " "),
        page.between("its clock, low byte first:", "│")
    );

    let second: Value =
        serde_json::from_str(&door.output(&["decode", "--format", "cjt188", &frames[1]])).unwrap();
    assert_eq!(second["records"][0]["value"], page.between("it sends ", ":"));
    assert_eq!(second["records"][0]["time"], "2026-11-01T00:00:00");
}

/// What the page takes for granted: the household, its meter, its counter, its tariff, and three people.
fn import(door: &FrontDoor, page: &Page) {
    let (serial, address) = (page.between("Meter `", "`"), address(page));
    door.import("areas", "code,name\nE1,East\n");
    door.import("books", "code,name,service,cycle\nB1,East 1,water,monthly\n");
    door.import("accounts", "account_no,name,opened_on\n0010042,Zhang San,2026-10-01\n");
    door.import(
        "services",
        "service_no,account_no,service,area,use_class,tariff,book,from\n\
         0020042,0010042,water,E1,residential,RES-WATER,B1,2026-10-01\n",
    );
    door.import(
        "meters",
        &format!(
            "serial,medium,protocol,address,service_no,installed_at,register,digits,opening\n\
             {serial},water,cjt188,{address},0020042,2020-01-01,8-0:1.0.0,5,0\n"
        ),
    );
    let before = page.between("The household has used ", " m3 this year");
    door.import(
        "openings",
        &format!("service_no,item,amount,as_of\n0020042,tier_counter,{before},2026-10-01\n"),
    );
    for (name, role) in [("li", "clerk"), ("wang", "supervisor"), ("zhao", "supervisor")] {
        door.output(&["user", "add", name, "--role", role]);
    }
    let tariff = root("deploy/demo/tariff-res-water.json");
    door.output(&["tariff", "publish", tariff.to_str().unwrap(), "--as", "wang"]);
    let document: Value = serde_json::from_slice(&std::fs::read(tariff).unwrap()).unwrap();
    assert_eq!(document["code"], page.between("(`billing/`, tariff ", ")"));
    let tiers = &document["components"][0]["tiers"];
    assert_eq!(tiers[0]["upto"], page.between("The first block ends at ", ", the second"));
    assert_eq!(tiers[1]["upto"], page.between("the second at ", ":"));
}

/// 3: the reading.
async fn stored(door: &FrontDoor, page: &Page, frames: &[String; 2]) {
    let topic = page.between("to `meters/", "`");
    let message = |frame: &String| (format!("meters/{topic}"), hex::decode(frame).unwrap());
    door.publish(vec![message(&frames[0]), message(&frames[1])]).await;
    door.received(2).await;
    assert_eq!(door.counts(), [2, 0, 0, 0]);
    // The same frame again is a duplicate and counted.
    door.publish(vec![message(&frames[0])]).await;
    door.received(3).await;
    assert_eq!(door.counts(), [2, 1, 0, 0]);

    let serial = page.between("The directory knows the address: meter `", "`");
    let readings = door.csv(&["readings", "export", "--serial", serial]);
    let [first, second] = readings.as_slice() else { panic!("not two readings: {readings:?}") };
    assert_eq!(first["time"], page.between("becomes the instant ", ". "));
    assert_eq!(second["time"], "2026-10-31T16:00:00Z");
    let (value, millionths) =
        (page.between("Z. ", " m3 is stored as"), page.between("is stored as ", " millionths"));
    assert_eq!((first["value"].as_str(), first["unit"].as_str()), (value, "m3"));
    assert_eq!(second["value"], page.between("it sends ", ":"));
    assert_eq!((first["register"].as_str(), first["source"].as_str()), ("8-0:1.0.0", "mqtt"));
    let raw = "select value::text from readings where time = '2026-09-30T16:00:00Z'";
    assert_eq!(door.client().await.query_one(raw, &[]).await.unwrap().get::<_, &str>(0), millionths);
}

/// 4 to 6: usage, charges, and the bill through its run. Returns its number.
fn billed(door: &FrontDoor, page: &Page) -> String {
    let label = page.between("Label ", " is the civil month");
    let started = door.json(&["bill", "run", "--period", label, "--as", "wang"]);
    assert_eq!(
        (&started["state"], &started["due"], &started["billed"]),
        (&"review".into(), &1.into(), &1.into())
    );
    assert_eq!(started["total"], page.charges().last().unwrap()[3]);
    let run = started["run"].to_string();
    let refused = door.ended(&["bill", "issue", &run, "--as", "wang"]);
    assert_eq!(refused.code, 1, "nobody has approved: {refused:?}");
    let refused = door.ended(&["bill", "approve", &run, "--as", "wang"]);
    assert_eq!(refused.code, 1, "whoever started it does not approve it: {refused:?}");
    assert_eq!(door.ended(&["bill", "approve", &run, "--as", "li"]).code, 1, "nor does a clerk");
    door.output(&["bill", "approve", &run, "--as", "zhao"]);
    let issued = door.json(&["bill", "issue", &run, "--as", "wang"]);
    assert_eq!((&issued["state"], &issued["ledger"]), (&"issued".into(), &started["total"]), "{issued}");

    let lines = door.csv(&["bill", "export", "--period", label]);
    let printed: Vec<[&str; 4]> = lines
        .iter()
        .map(|line| ["code", "qty", "price", "amount"].map(|column| line[column].as_str()))
        .collect();
    let charges = page.charges();
    let (total, items) = charges.split_last().unwrap();
    assert_eq!(printed, items, "the lines of the bill");
    let (from, to) = page.between("is the civil month [", ")").split_once(", ").unwrap();
    assert_eq!((lines[0]["service_from"].as_str(), lines[0]["service_to"].as_str()), (from, to));
    let shown = door.json(&["bill", "show", &lines[0]["bill_no"]]);
    assert_eq!((total[0], &shown["total"]), ("total", &total[3].into()));
    assert_eq!(shown["account_no"], "0010042");

    // Nobody bills this register's October again.
    let again = door.json(&["bill", "run", "--period", label, "--as", "wang"]);
    assert_eq!((&again["billed"], &again["excluded"]["already_billed"]), (&0.into(), &1.into()), "{again}");
    lines[0]["bill_no"].clone()
}

/// 6: the page backwards, from the ledger to the bytes.
fn explained(door: &FrontDoor, page: &Page, frames: &[String; 2], bill_no: &str) {
    let told = door.json(&["bill", "explain", bill_no]);
    let reading = &told["readings"][0];
    for (end, frame, local) in [("open", &frames[0], "2026-10-01"), ("close", &frames[1], "2026-11-01")] {
        let midnight =
            local.parse::<Date>().unwrap().to_zoned(TimeZone::get("Asia/Shanghai").unwrap()).unwrap();
        assert_eq!(reading[end]["time"], midnight.timestamp().to_string(), "both boundaries are met exactly");
        assert_eq!(
            reading[end]["frame"].as_str().unwrap().to_uppercase(),
            frame.to_uppercase(),
            "down to the bytes"
        );
    }
    let (open, close) =
        (page.between("(抄见整吨): ", " and "), page.between("(抄见整吨): 321 and ", ". Usage"));
    let whole = |end: &str| reading[end]["index"].as_str().unwrap().split('.').next().unwrap().to_owned();
    assert_eq!((whole("open").as_str(), whole("close").as_str()), (open, close));
    let usage = page.between(". Usage = ", " m3;");
    assert_eq!(usage, format!("{close} - {open} = {}", reading["usage"].as_str().unwrap()));
    let rest =
        |end: &str| format!("0.{}", reading[end]["index"].as_str().unwrap().split('.').next_back().unwrap());
    assert_eq!(
        page.between("m3; the ", " stay in the meter"),
        format!("{} and the {}", rest("open"), rest("close"))
    );

    let before = page.between("The household has used ", " m3 this year");
    assert_eq!(told["inputs"]["prior"]["usage"], before, "{}", told["inputs"]);
    let used = reading["usage"].as_str().unwrap().parse::<i64>().unwrap() + before.parse::<i64>().unwrap();
    assert_eq!(page.between("the counter moves from ", ". The register"), format!("{before} to {used}"));

    let debit = page.between("for each line: debit `", "`");
    let credits: Vec<_> =
        page.between(", credit `", "`;").split("`, `").flat_map(|part| part.split("` or `")).collect();
    let lines = told["lines"].as_array().unwrap();
    let items = page.charges();
    assert_eq!(lines.len(), items.len() - 1);
    let mut credited = Vec::new();
    for (line, [code, .., amount]) in lines.iter().zip(&items) {
        let [transfer] = line["ledger"].as_array().unwrap().as_slice() else {
            panic!("one transfer: {line}")
        };
        assert_eq!(line["code"], *code);
        assert_eq!((&transfer["debit"], &transfer["amount"]), (&debit.into(), &(*amount).into()), "{line}");
        credited.push(transfer["credit"].as_str().unwrap().to_owned());
    }
    credited.dedup();
    assert_eq!(credited, credits);
    let verified = door.json(&["bill", "verify", bill_no]);
    assert_eq!((&verified["bills"], verified["mismatches"].as_array().unwrap().len()), (&1.into(), 0));
}

/// 3: another value under the same key is a conflict and kept beside it.
async fn conflict(door: &FrontDoor, page: &Page, frames: &[String; 2]) {
    let mut other = hex::decode(&frames[0]).unwrap();
    // 321.46 for 321.45, and the sum with it.
    other[14] += 1;
    let sum = other.len() - 2;
    other[sum] += 1;
    door.publish(vec![(format!("meters/{}", page.between("to `meters/", "`")), other)]).await;
    door.received(4).await;
    assert_eq!(door.counts(), [2, 1, 1, 0]);
    let conflicts = door.csv(&["conflicts", "list"]);
    assert_eq!(conflicts.len(), 1, "{conflicts:?}");
    assert_eq!(door.csv(&["readings", "export"]).len(), 2, "the stored one stays");
}

fn address(page: &Page) -> &str {
    page.between("a cold water meter at ", ", publishes")
}

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
