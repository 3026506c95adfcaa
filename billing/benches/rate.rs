//! One core, one water tariff of three blocks and four items: bills a second, with and without what explains them.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::hint::black_box;

use billing::rating::{Input, Rated, Rule, rate_into, rate_untold_into};
use billing::sample::{water_inputs, water_tariff};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn bills(c: &mut Criterion) {
    let tariff = water_tariff();
    let inputs: Vec<Input> = water_inputs(256);
    let mut group = c.benchmark_group("water, 3 blocks, 4 items");
    group.throughput(Throughput::Elements(inputs.len() as u64));
    let mut rated = Rated::new();
    group.bench_function("with explanation", |b| {
        b.iter(|| {
            for input in &inputs {
                rate_into(&tariff, black_box(input), &mut rated).unwrap();
                black_box(rated.total);
            }
        });
    });
    group.bench_function("without", |b| {
        b.iter(|| {
            for input in &inputs {
                rate_untold_into(&tariff, black_box(input), &mut rated).unwrap();
                black_box(rated.total);
            }
        });
    });
    group.finish();
}

fn parts(c: &mut Criterion) {
    let cents = Rule::new("0.01".parse().unwrap(), billing::rating::Mode::HalfUp).unwrap();
    let value = "123.4567".parse().unwrap();
    c.bench_function("round to cents", |b| b.iter(|| cents.round(black_box(value))));
    let tariff = water_tariff();
    let long =
        Input::from_json(r#"{"qty": {"usage": "100.123456"}, "prior_cumulative": {"usage": "170.654321"}}"#)
            .unwrap();
    let mut rated = Rated::new();
    c.bench_function("one bill over three blocks, micro-units", |b| {
        b.iter(|| rate_into(&tariff, black_box(&long), &mut rated));
    });
}

criterion_group!(benches, bills, parts);
criterion_main!(benches);
