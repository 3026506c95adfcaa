//! What rating allocates: nothing, once the memory that it rates into has been used. The counts stand in
//! `docs/performance.md`.

use std::alloc::System;

use billing::rating::{Rated, rate, rate_into, rate_untold_into};
use billing::sample::{water_inputs, water_tariff};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// One test alone, so that no other thread allocates meanwhile.
#[test]
fn a_bill_into_used_memory_allocates_nothing() {
    let (tariff, inputs) = (water_tariff(), water_inputs(300));
    let mut rated = Rated::new();
    // Once over all of them: the memory has grown to the longest bill.
    for input in &inputs {
        rate_into(&tariff, input, &mut rated).unwrap();
    }
    // The harness's own thread may allocate meanwhile: of several rounds at least one is undisturbed.
    let mut round = || {
        let region = Region::new(ALLOCATOR);
        for input in &inputs {
            rate_into(&tariff, input, &mut rated).unwrap();
            rate_untold_into(&tariff, input, &mut rated).unwrap();
        }
        let used = region.change();
        used.allocations + used.reallocations
    };
    let fewest = (0..10).map(|_| round()).min();
    assert_eq!(fewest, Some(0));

    let fresh = || {
        let region = Region::new(ALLOCATOR);
        drop(rate(&tariff, &inputs[7]).unwrap());
        let used = region.change();
        used.allocations + used.reallocations
    };
    let fewest = (0..10).map(|_| fresh()).min();
    assert!(
        fewest.is_some_and(|fewest| fewest <= 5),
        "lines, counters and values of a fresh bill: {fewest:?}"
    );
}
