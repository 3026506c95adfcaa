//! What is written is read back: as our own reader reads it, and as it stands in the file.

use std::io::{Cursor, Read as _};

use metering::Zone;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use sha2::Digest as _;
use zip::ZipArchive;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::*;
use crate::{Large, Record, Source, Unreadable};

/// The rows of a workbook as an import reads them.
fn read(bytes: &[u8]) -> Result<Vec<Vec<String>>, Unreadable> {
    let mut rows = Source::memory(bytes.to_vec())?.rows()?;
    let mut record = Record::new();
    let mut all = Vec::new();
    while rows.read_record(&mut record)? {
        all.push(record.iter().map(str::to_owned).collect());
    }
    Ok(all)
}

fn saved(book: Book) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    book.save(&mut bytes).unwrap();
    bytes.into_inner()
}

fn made(fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(book.add_worksheet());
    book.save_to_buffer().unwrap()
}

fn one_cell(sheet: &mut Worksheet) {
    sheet.write_string(0, 0, "a").unwrap();
}

/// A part of a workbook.
fn part(bytes: &[u8], name: &str) -> String {
    let mut text = String::new();
    ZipArchive::new(Cursor::new(bytes)).unwrap().by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

/// The same workbook with another text for a part.
fn with(bytes: &[u8], name: &str, text: &str) -> Vec<u8> {
    let mut old = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut new = ZipWriter::new(Cursor::new(Vec::new()));
    for n in 0..old.len() {
        let file = old.by_index_raw(n).unwrap();
        if file.name().unwrap() == name {
            new.start_file(name, SimpleFileOptions::default()).unwrap();
            new.write_all(text.as_bytes()).unwrap();
        } else {
            new.raw_copy_file(file).unwrap();
        }
    }
    new.finish().unwrap().into_inner()
}

fn headings() -> Vec<(String, Kind)> {
    let zone = Zone::named("Asia/Shanghai").unwrap();
    [("户号", Kind::Text), ("金额", Kind::Number), ("应缴日", Kind::Date), ("时间", Kind::Time(zone))]
        .map(|(heading, kind)| (heading.to_owned(), kind))
        .to_vec()
}

#[test]
fn a_list_reads_back_as_it_was() {
    let mut book = Book::new(headings()).unwrap();
    book.row(["0001000001", "52486.25", "2026-10-20", "2026-10-31T16:00:00.25Z"]).unwrap();
    book.row(["=1+1", "-0.50", "", ""]).unwrap();
    book.row(["徐明", "12345678901234567.89", "1899-01-01", "never"]).unwrap();
    let bytes = saved(book);
    assert_eq!(
        read(&bytes).unwrap(),
        [
            ["户号", "金额", "应缴日", "时间"].to_vec(),
            vec!["0001000001", "52486.25", "2026-10-20", "2026-11-01"],
            vec!["=1+1", "-0.5"],
            vec!["徐明", "12345678901234567.89", "1899-01-01", "never"],
        ]
    );
    let sheet = part(&bytes, "xl/worksheets/sheet1.xml");
    // The number in the file is the decimal; the format shows its places.
    assert!(sheet.contains("<v>52486.25</v>") && sheet.contains("<v>-0.5</v>"), "{sheet}");
    assert!(part(&bytes, "xl/styles.xml").contains("formatCode=\"0.00\""));
    assert!(sheet.contains("state=\"frozen\"") && sheet.contains("numberStoredAsText=\"1\""), "{sheet}");
    assert!(!sheet.contains("<f>"), "nothing runs: {sheet}");
    // Ten Chinese columns of a heading and twenty of an amount that is a text.
    assert!(sheet.contains("<col min=\"2\" max=\"2\" width=\"22."), "{sheet}");
}

#[test]
fn past_the_last_row_another_sheet_begins() {
    let mut book = Book::of_rows(vec![("n".to_owned(), Kind::Number)], 3).unwrap();
    for n in 1..=5 {
        book.row([n.to_string()]).unwrap();
    }
    let bytes = saved(book);
    assert_eq!(read(&bytes).unwrap(), [["n"], ["1"], ["2"]]);
    let last = part(&bytes, "xl/worksheets/sheet3.xml");
    assert!(last.contains("<v>5</v>") && last.contains("<t>n</t>"), "{last}");
}

#[test]
fn cells_are_read_as_a_person_sees_them() {
    let bytes = made(|sheet| {
        sheet.write_string(0, 0, "a").unwrap();
        sheet.write_number(0, 1, 86.399_999_999_999_99).unwrap();
        sheet.write_number_with_format(0, 2, 12_345, &Format::new().set_num_format("00000000")).unwrap();
        sheet.write_number(0, 3, 4_200_002_026_100_100_000_001.0).unwrap();
        let day = ExcelDateTime::from_ymd(2026, 10, 1).unwrap();
        sheet.write_datetime_with_format(2, 0, &day, &Format::new().set_num_format("d/m/yy")).unwrap();
        let time = ExcelDateTime::from_ymd(2026, 10, 1).unwrap().and_hms(8, 0, 0).unwrap();
        sheet
            .write_datetime_with_format(2, 1, &time, &Format::new().set_num_format("yyyy年m月d日 h:mm"))
            .unwrap();
        sheet.write_boolean(2, 2, true).unwrap();
        sheet.write_formula(2, 3, Formula::new("=A1").set_result("#N/A")).unwrap();
        sheet.write_number(2, 4, 46_296).unwrap();
    });
    assert_eq!(
        read(&bytes).unwrap(),
        [
            vec!["a", "86.4", "00012345", "4.2000020261001E+21"],
            vec![""],
            vec!["2026-10-01", "2026-10-01 08:00:00", "TRUE", "#N/A", "46296"],
        ]
    );
}

#[test]
fn the_first_sheet_that_is_seen_is_read() {
    let mut book = Workbook::new();
    book.add_worksheet().set_hidden(true).write_string(0, 0, "hidden").unwrap();
    book.add_worksheet().set_active(true).write_string(0, 0, "seen").unwrap();
    assert_eq!(read(&book.save_to_buffer().unwrap()).unwrap(), [["seen"]]);
    assert!(matches!(read(&made(|_| {})), Err(Unreadable::Empty)));
}

#[test]
fn a_hash_is_of_the_workbook() {
    let bytes = made(one_cell);
    let sha256: [u8; 32] = sha2::Sha256::digest(&bytes).into();
    assert_eq!(Source::memory(bytes).unwrap().sha256, sha256);
}

#[test]
fn what_unpacks_without_end_is_refused() {
    let bytes = made(one_cell);
    let row = |text: &str| {
        format!(
            "<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>{text}</t></is></c></row></sheetData></worksheet>"
        )
    };
    let sheet = "xl/worksheets/sheet1.xml";
    assert_eq!(read(&with(&bytes, sheet, &row("b"))).unwrap(), [["b"]]);
    let bomb = with(&bytes, sheet, &row(&" ".repeat(64 << 20)));
    assert!(bomb.len() < 200_000, "{}", bomb.len());
    assert!(matches!(read(&bomb), Err(Unreadable::TooLarge(Large::Cell))));
    let shared = "<sst count=\"1\" uniqueCount=\"18446744073709551615\"><si><t>a</t></si></sst>";
    assert!(matches!(read(&with(&bytes, "xl/sharedStrings.xml", shared)), Err(Unreadable::Damaged(_))));
    let shared = format!("<sst>{}</sst>", "<si/>".repeat((64 << 20) / 5 + 1));
    assert!(matches!(
        read(&with(&bytes, "xl/sharedStrings.xml", &shared)),
        Err(Unreadable::TooLarge(Large::Unpacked))
    ));
    let far = "<worksheet><sheetData><row r=\"9999999\"><c r=\"A9999999\"><v>1</v></c></row></sheetData></worksheet>";
    assert!(matches!(read(&with(&bytes, sheet, far)), Err(Unreadable::TooLarge(Large::Sheet))));
    let wide = "<worksheet><sheetData><row r=\"1\"><c r=\"XFD1\"><v>1</v></c></row></sheetData></worksheet>";
    assert!(matches!(read(&with(&bytes, sheet, wide)), Err(Unreadable::TooLarge(Large::Sheet))));
    let again = "<worksheet><sheetData><row r=\"2\"><c r=\"A2\"><v>1</v></c></row><row r=\"1\"><c r=\"A1\"><v>1</v></c></row></sheetData></worksheet>";
    assert!(matches!(read(&with(&bytes, sheet, again)), Err(Unreadable::Damaged(_))));
}

#[test]
fn no_cut_workbook_panics() {
    let bytes = made(one_cell);
    for end in (4..bytes.len()).step_by(7) {
        assert!(read(&bytes[..end]).is_err(), "{end}");
    }
    for at in (0..bytes.len()).step_by(11) {
        let mut other = bytes.clone();
        other[at] ^= 0x55;
        // Whatever comes of it, it is an answer.
        let _ = read(&other);
    }
}
