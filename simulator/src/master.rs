//! The fleet's master data as the CSV files that `meterline import` takes.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use jiff::civil::date;
use metering::Zone;

use crate::fleet::Fleet;
use crate::meter::{Door, Kind, SimMeter, decimal};
use crate::noise;

/// Writes areas, books, accounts, services, attributes, meters, openings, lines and devices into `folder`.
/// `modbus` is the port on which the polled meters listen, `hourly` whether meters send once an hour.
pub fn write_master(fleet: &Fleet, zone: &Zone, folder: &Path, modbus: Option<u16>) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let file = |name: &str| File::create(folder.join(name)).map(BufWriter::new);

    let mut areas = file("areas.csv")?;
    writeln!(areas, "code,name,parent\nN,城北片区,\nS,城南片区,\nN1,城北一所,N\nS1,城南一所,S")?;

    let mut books = file("books.csv")?;
    writeln!(books, "code,name,service,cycle,reader,reading_day,due_days")?;
    writeln!(
        books,
        "W01,城北水表一册,water,monthly,李师傅,1,20\nW02,城南水表一册,water,monthly,王师傅,1,20"
    )?;
    writeln!(books, "E01,电表一册,electricity,monthly,,1,15\nH01,供热一册,heat,season,,,30")?;

    let mut accounts = file("accounts.csv")?;
    writeln!(accounts, "account_no,name,phone,opened_on")?;
    let mut services = file("services.csv")?;
    writeln!(services, "service_no,account_no,service,area,address,use_class,tariff,book,from")?;
    let mut attributes = file("attributes.csv")?;
    writeln!(attributes, "service_no,name,value,from,evidence")?;
    let mut openings = file("openings.csv")?;
    writeln!(openings, "service_no,item,amount,as_of,ref")?;
    let mut meters = file("meters.csv")?;
    writeln!(
        meters,
        "serial,maker,medium,model,protocol,address,size_mm,service_no,installed_at,removed_at,register,digits,opening,closing"
    )?;
    for meter in &fleet.meters {
        meter_row(&mut meters, meter, zone)?;
        if meter.serial.ends_with('B') {
            continue; // the successor serves the same agreement
        }
        let n = meter.number;
        let (place, book, tariff) = match (meter.kind, n % 2) {
            (Kind::Water, 0) => ("N1", "W01", "RES-WATER"),
            (Kind::Water, _) => ("S1", "W02", "RES-WATER"),
            (Kind::Electricity, _) => ("N1", "E01", "RES-POWER"),
            (Kind::Heat, _) => ("S1", "H01", "RES-HEAT"),
        };
        let from = meter.installed_on;
        // The old system billed up to here: a heating season's begin, or the month in which things befall meters.
        let billed_to = match meter.kind {
            Kind::Heat => date(from.year(), 11, 15),
            Kind::Water | Kind::Electricity => fleet.options.event_from.first_of_month(),
        };
        let billed_index = decimal(meter.index_at(zone, billed_to.at(0, 0, 0, 0)));
        if meter.door != Door::Modbus {
            writeln!(openings, "{},last_billed_index,{billed_index},{billed_to},", meter.service_no)?;
        }
        writeln!(accounts, "{:010},{},139{:08},{from}", 1_000_000 + n, name(meter.seed), 10_000_000 + n)?;
        writeln!(
            services,
            "{},{:010},{},{place},幸福路{}号{}单元{}室,residential,{tariff},{book},{from}",
            meter.service_no,
            1_000_000 + n,
            meter.kind.name(),
            n / 40 + 1,
            n / 10 % 4 + 1,
            101 + n % 10 * 100
        )?;
        match meter.kind {
            Kind::Water => {
                let persons = noise::between(meter.seed, 20, 1, 6);
                writeln!(attributes, "{},persons,{persons},{from},户口簿", meter.service_no)?;
                let used = noise::between(meter.seed, 21, 60, 280);
                writeln!(openings, "{},tier_counter,{used},{billed_to},", meter.service_no)?;
            }
            Kind::Heat => {
                let area = noise::between(meter.seed, 22, 5_000, 14_000);
                writeln!(attributes, "{},heated_area_m2,{},{from},房产证", meter.service_no, decimal(area))?;
            }
            Kind::Electricity => {}
        }
    }

    let mut lines = file("lines.csv")?;
    writeln!(lines, "code,kind,host,port,interval_s,timeout_ms")?;
    let mut devices = file("devices.csv")?;
    writeln!(devices, "line,unit,serial,profile")?;
    if let Some(port) = modbus {
        writeln!(lines, "L1,modbus-tcp,127.0.0.1,{port},5,2000")?;
        for (nth, meter) in fleet.meters.iter().filter(|meter| meter.door == Door::Modbus).enumerate() {
            writeln!(devices, "L1,{},{},{}", nth + 1, meter.serial, crate::modbus::PROFILE)?;
        }
    }
    for mut out in [areas, books, accounts, services, attributes, openings, meters, lines, devices] {
        out.flush()?;
    }
    Ok(())
}

fn meter_row(out: &mut impl Write, meter: &SimMeter, zone: &Zone) -> io::Result<()> {
    let (protocol, model) = match meter.door {
        Door::MqttJson => ("json", "sim-json"),
        Door::Modbus => ("modbus-rtu", crate::modbus::PROFILE),
        Door::MqttCjt188 | Door::Concentrator | Door::Ctwing | Door::Udp => ("cjt188", "sim-188"),
    };
    let size = if meter.kind == Kind::Electricity { "" } else { "20" };
    let midnight = |date: jiff::civil::Date| zone.start_of(date).map(|at| at.to_string()).unwrap_or_default();
    let (removed_at, closing) = match meter.removed_on {
        Some(date) => (midnight(date), decimal(meter.index_at(zone, date.at(0, 0, 0, 0)))),
        None => (String::new(), String::new()),
    };
    writeln!(
        out,
        "{},SIM,{},{model},{protocol},{},{size},{},{},{removed_at},{},{},{},{closing}",
        meter.serial,
        meter.kind.name(),
        meter.address,
        meter.service_no,
        midnight(meter.installed_on),
        meter.kind.register(),
        meter.digits,
        decimal(meter.opening),
    )
}

/// A name, from a seed.
fn name(seed: u64) -> String {
    const FAMILY: [&str; 16] =
        ["王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "林"];
    const GIVEN: [&str; 16] =
        ["伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "涛", "明", "秀英"];
    let pick = |place, list: &[&'static str; 16]| {
        list[usize::try_from(noise::between(seed, place, 0, 15)).unwrap_or(0)]
    };
    format!("{}{}", pick(30, &FAMILY), pick(31, &GIVEN))
}
