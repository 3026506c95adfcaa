//! What the meters of a serial line are asked, and how an answer is known: DL/T 645, CJ/T 188, M-Bus.
//!
//! Each answer is handed on as the frame that came. What is not answered is asked for once more: a meter that was busy
//! or a disturbed line gets a second try, a dead meter does not hold up the others for longer.
//!
//! Deliberately absent: what a meter keeps of times past (load profiles, freezes), and keys.

use metering::Medium;
use protocols::mbus::readout::Readout;
use protocols::mbus::secondary::{SELECTED, Selection};
use protocols::mbus::{self, Identity};
use protocols::{Format, Options, cjt188, dlt645, stream};
use store::lines::Device;

use super::transparent::TransparentLine;

/// What hangs on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bus {
    Dlt645,
    Cjt188,
    Mbus,
}

/// The frames that answered, of one format, in the order in which they were asked for.
pub(crate) struct Answers {
    pub(crate) format: Format,
    pub(crate) frames: Vec<Vec<u8>>,
}

/// How often a meter is asked the same before it is given up.
const ATTEMPTS: usize = 2;

/// The telegrams of one M-Bus device: more are those of one that never says that it has done.
const TELEGRAMS_MAX: usize = 32;

/// Of the edition of 2007: forward active energy, total and tariffs; reverse; both reactive energies; the greatest
/// demand. What bills and the power factor's adjustment need.
const IDENTIFIERS_2007: [u32; 5] = [0x0001_FF00, 0x0002_0000, 0x0003_0000, 0x0004_0000, 0x0101_0000];

/// The same of the edition of 1997.
const IDENTIFIERS_1997: [u32; 4] = [0x901F, 0x9020, 0x9110, 0xA010];

/// Reads a device. What came in before a failure is handed over with it.
pub(crate) async fn read(
    bus: Bus,
    line: &mut TransparentLine,
    device: &Device,
) -> (Answers, Result<(), String>) {
    let format = match bus {
        Bus::Dlt645 if device.protocol == Format::Dlt645V1997.name() => Format::Dlt645V1997,
        Bus::Dlt645 => Format::Dlt645V2007,
        Bus::Cjt188 => Format::Cjt188,
        Bus::Mbus => Format::Mbus,
    };
    let mut answers = Answers { format, frames: Vec::new() };
    let outcome = match bus {
        Bus::Dlt645 => read_dlt645(line, device, &mut answers).await,
        Bus::Cjt188 => read_cjt188(line, device, &mut answers).await,
        Bus::Mbus => read_mbus(line, device, &mut answers).await,
    };
    (answers, outcome)
}

/// Asks with these requests in turn until one is answered.
async fn ask<T>(
    line: &mut TransparentLine,
    requests: &[&[u8]],
    mut find: impl FnMut(&[u8]) -> Option<T>,
) -> Result<T, String> {
    let mut failure = String::new();
    for request in requests {
        match line.ask(request, &mut find).await {
            Ok(answer) => return Ok(answer),
            Err(error) if error.kind() == std::io::ErrorKind::TimedOut => failure = error.to_string(),
            Err(error) => return Err(error.to_string()),
        }
    }
    Err(failure)
}

/// The first whole frame that is the answer.
fn frame(format: Format, heard: &[u8], is_answer: impl Fn(&[u8]) -> bool) -> Option<Vec<u8>> {
    let mut frames = stream::whole(protocols::framing(format)?, heard).filter_map(|range| heard.get(range));
    frames.find(|frame| is_answer(frame)).map(<[u8]>::to_vec)
}

async fn read_dlt645(
    line: &mut TransparentLine,
    device: &Device,
    answers: &mut Answers,
) -> Result<(), String> {
    let address: dlt645::Address = device.unit.parse().map_err(|error| format!("{error}"))?;
    let (edition, identifiers) = match answers.format {
        Format::Dlt645V1997 => (dlt645::Edition::V1997, &IDENTIFIERS_1997[..]),
        _ => (dlt645::Edition::V2007, &IDENTIFIERS_2007[..]),
    };
    for (place, identifier) in identifiers.iter().enumerate() {
        let command = dlt645::Command::Read(*identifier);
        let request = dlt645::Request { edition, address, preamble: 4, command }.encode();
        let is_answer = |frame: &[u8]| {
            dlt645::envelope(frame).is_some_and(|envelope| {
                let is_refused = envelope.control & 0xC0 == 0xC0;
                envelope.control & 0x80 != 0
                    && envelope.address == address
                    && (is_refused || envelope.identifier == Some(*identifier))
            })
        };
        let answer =
            ask(line, &[request.as_slice(); ATTEMPTS], |heard| frame(answers.format, heard, is_answer))
                .await?;
        let is_refused = dlt645::envelope(&answer).is_some_and(|envelope| envelope.control & 0x40 != 0);
        // Not every meter has tariffs, reverse energy or demand. What it measures at all it has.
        if !is_refused {
            answers.frames.push(answer);
        } else if place == 0 {
            return Err("the meter has no forward active energy".to_owned());
        }
    }
    Ok(())
}

async fn read_cjt188(
    line: &mut TransparentLine,
    device: &Device,
    answers: &mut Answers,
) -> Result<(), String> {
    let address: cjt188::Address = device.unit.parse().map_err(|error| format!("{error}"))?;
    let meter_type = match device.medium {
        Medium::Water => cjt188::MeterType::COLD_WATER,
        Medium::HotWater => cjt188::MeterType::HOT_WATER,
        Medium::Heat => cjt188::MeterType::HEAT,
        Medium::Cooling => cjt188::MeterType::COOLING,
        Medium::Gas => cjt188::MeterType::GAS,
        Medium::Electricity | Medium::Other => cjt188::MeterType::ANY,
    };
    // Both orders of the identifier are in the field, and most meters know only their own.
    let request = |di_order| {
        let command = cjt188::Command::Read(cjt188::CURRENT);
        cjt188::Request { meter_type, address, di_order, ser: 0, preamble: 4, command }.encode()
    };
    let [first, second] = [cjt188::DiOrder::HighFirst, cjt188::DiOrder::LowFirst].map(request);
    let is_answer = |frame: &[u8]| {
        // A refusal answers the order that the meter doesn't know: the other one is still to be asked.
        cjt188::envelope(frame).is_some_and(|envelope| {
            envelope.control & 0xC0 == 0x80
                && envelope.address == address
                && envelope.identifier == Some(cjt188::CURRENT)
        })
    };
    let answer =
        ask(line, &[&first, &second, &first, &second], |heard| frame(Format::Cjt188, heard, is_answer))
            .await?;
    answers.frames.push(answer);
    Ok(())
}

async fn read_mbus(line: &mut TransparentLine, device: &Device, answers: &mut Answers) -> Result<(), String> {
    let mut readout = match (device.unit.parse::<u8>(), identification(&device.unit)) {
        (Ok(address @ 1..=250), _) => {
            acknowledged(line, &mbus::encode::reset(address)).await?;
            Readout::new(address)
        }
        (_, Some(id)) => {
            let pattern = Identity { id, ..Selection::ANY.pattern };
            let select = mbus::encode::select(&Selection::of(pattern), mbus::encode::FrameCount::AFTER_RESET);
            acknowledged(line, &select.ok_or("a selection that is too long")?).await?;
            Readout::new(SELECTED)
        }
        _ => {
            return Err(format!(
                "{:?} is neither a bus address (1 to 250) nor an identification",
                device.unit
            ));
        }
    };
    for _ in 0..TELEGRAMS_MAX {
        let request = readout.request();
        let take = |heard: &[u8]| {
            let answer = readout.answer(heard)?.to_vec();
            let telegram = readout.take(&answer, &Options::default())?;
            Some((answer, telegram.is_last))
        };
        let (telegram, is_last) = ask(line, &[request.as_slice(); ATTEMPTS], take).await?;
        answers.frames.push(telegram);
        if is_last {
            return Ok(());
        }
    }
    Err(format!("more than {TELEGRAMS_MAX} telegrams follow each other"))
}

/// Sends what is answered with E5. An echo of the request goes ahead of it on some lines, and may hold that byte.
async fn acknowledged(line: &mut TransparentLine, request: &[u8]) -> Result<(), String> {
    let is_there = |heard: &[u8]| {
        let behind = heard.strip_prefix(request).unwrap_or(heard);
        (!request.starts_with(behind) && behind.contains(&0xE5)).then_some(())
    };
    ask(line, &[request; ATTEMPTS], is_there).await
}

/// Eight digits, low byte first.
fn identification(unit: &str) -> Option<[u8; 4]> {
    let mut id = [0; 4];
    hex::decode_to_slice(unit, &mut id).ok()?;
    id.reverse();
    Some(id)
}
