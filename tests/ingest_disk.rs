//! The spool's disk is full: nobody is answered, nothing is lost, and it goes on by itself once there is room.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use support::{FrontDoor, eventually};

/// A disk of 512 KiB, in memory. Only root may mount one.
struct Disk(PathBuf);

impl Disk {
    fn new(folder: PathBuf) -> Option<Self> {
        std::fs::create_dir_all(&folder).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=512k", "tmpfs"])
            .arg(&folder)
            .output()
            .is_ok_and(|output| output.status.success());
        if !mounted {
            eprintln!("SKIPPED: a small disk cannot be mounted here (only root may)");
            return None;
        }
        Some(Self(folder))
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
        let _ = std::fs::remove_dir(&self.0);
    }
}

/// The concentrator's document with one frame of meter 1, of that minute, padded to 40 kB.
fn document(minute: u32) -> String {
    let json = format!(
        r#"{{"address":"1","time":"2026-10-01T00:{minute:02}:00Z","registers":{{"8-0:1.0.0":"{minute}"}},"status":[]}}{}"#,
        " ".repeat(20_000)
    );
    let hex = hex::encode(json);
    format!(r#"{{"frames":[{{"time":"2026-10-01T00:00:00Z","format":"json","hex":"{hex}"}}]}}"#)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_answers_nobody_and_loses_nothing() {
    let Some(mut door) = FrontDoor::new().await else { return };
    let Some(disk) = Disk::new(std::env::temp_dir().join(format!("{}-disk", door.name))) else { return };
    let settings = format!(
        "[ingest]\nclient_id = \"{0}\"\ntopic_prefix = \"{0}/\"\nhttp = \"127.0.0.1:0\"\nudp = \"\"\ntcp = \"\"\nprobe = false\n\
         spool = \"{1}\"\n",
        door.name,
        disk.0.display()
    );
    door.file("meterline.toml", &settings);
    door.add_meters(1).await;
    door.start().await;
    let http = door.http().await;

    // One file of the spool takes the whole disk: the disk is full although everything is committed.
    let (mut taken, mut refused) = (0, 0);
    for minute in 0..40 {
        match FrontDoor::post_to(&http, "/push/frames", "", &document(minute)).await {
            200 => taken += 1,
            status => {
                assert_eq!(status, 503);
                refused += 1;
            }
        }
    }
    assert!(taken > 0 && refused > 0, "{taken} taken, {refused} refused");
    let log = door.log();
    assert!(log.contains("the spool cannot be written") && log.contains("[ingest] spool"), "{log}");

    // What was answered is committed, and gives its room back.
    door.received(taken).await;
    let mut answer = 0;
    eventually("there is room again", Duration::from_secs(10), async || {
        answer = FrontDoor::post_to(&http, "/push/frames", "", &document(59)).await;
        answer == 200
    })
    .await;
    door.received(taken + 1).await;
    eventually("the readings are there", Duration::from_secs(10), async || {
        i64::try_from(door.readings().len()).unwrap() == taken + 1
    })
    .await;
    door.stop();
}
