use core::hint::black_box;
use core::time::Duration;
use std::time::Instant;

use criterion::{Criterion, Throughput};

/// Operations before the first timing, whose answers must agree.
const CHECKED_OPERATIONS: u64 = 1024;

/// One task, the same for every engine.
#[derive(Debug)]
pub struct Workload {
    name: String,
    bytes: usize,
    engines: Vec<Engine>,
}

/// One library's way to do a workload.
pub struct Engine {
    name: &'static str,
    run: Box<dyn FnMut(u64) -> u64>,
    comparable: bool,
}

/// The best round of one engine.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Measured {
    /// The engine's name.
    pub engine: &'static str,
    /// Nanoseconds an operation.
    pub ns: f64,
    /// False where the engine does less than the others: see the workload's definition.
    pub comparable: bool,
}

impl Workload {
    /// A workload named `codec/operation/input` whose operations handle `bytes` bytes each, on average.
    pub fn new(name: impl Into<String>, bytes: usize) -> Self {
        Self {
            name: name.into(),
            bytes,
            engines: Vec::new(),
        }
    }

    /// Adds an engine. `run(n)` does `n` operations, starting with the first input each time, and returns a
    /// digest of the answers, added up: it keeps the work from being optimised away, and must be the same for
    /// every engine of the workload.
    #[must_use]
    pub fn engine(mut self, name: &'static str, run: impl FnMut(u64) -> u64 + 'static) -> Self {
        self.engines.push(Engine {
            name,
            run: Box::new(run),
            comparable: true,
        });
        self
    }

    /// Adds an engine that does less than the workload asks, or a floor such as `memcpy`: its digest is not
    /// compared, its row is marked, and it does not count as the best peer. The definition says what differs.
    #[must_use]
    pub fn floor(mut self, name: &'static str, run: impl FnMut(u64) -> u64 + 'static) -> Self {
        self.engines.push(Engine {
            name,
            run: Box::new(run),
            comparable: false,
        });
        self
    }

    /// `codec/operation/input`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Bytes an operation.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Runs every comparable engine and asserts that all give the same digest.
    ///
    /// # Panics
    ///
    /// When two engines disagree.
    pub fn assert_answers_agree(&mut self) {
        let mut first: Option<(&'static str, u64)> = None;
        for engine in &mut self.engines {
            let answer = (engine.run)(CHECKED_OPERATIONS);
            if !engine.comparable {
                continue;
            }
            let (name, expected) = *first.get_or_insert((engine.name, answer));
            assert_eq!(
                answer, expected,
                "{}: {} and {name} disagree",
                self.name, engine.name
            );
        }
    }

    /// Times every engine, interleaved, for about `budget`; the minimum of the rounds counts.
    ///
    /// # Panics
    ///
    /// When two engines disagree about the answer.
    pub fn measure(&mut self, budget: Duration) -> Vec<Measured> {
        self.assert_answers_agree();
        let share = budget / u32::try_from(self.engines.len().max(1)).unwrap_or(u32::MAX);
        let round = (share / 40).max(Duration::from_micros(20));
        let counts: Vec<u64> = self
            .engines
            .iter_mut()
            .map(|engine| engine.calibrate(round))
            .collect();
        let mut best = vec![f64::INFINITY; self.engines.len()];
        let start = Instant::now();
        while start.elapsed() < budget {
            for ((engine, &count), best) in self.engines.iter_mut().zip(&counts).zip(&mut best) {
                *best = best.min(engine.time(count).as_nanos() as f64 / count as f64);
            }
        }
        self.engines
            .iter()
            .zip(best)
            .map(|(engine, ns)| Measured {
                engine: engine.name,
                ns,
                comparable: engine.comparable,
            })
            .collect()
    }
}

impl Engine {
    fn time(&mut self, count: u64) -> Duration {
        let start = Instant::now();
        black_box((self.run)(black_box(count)));
        start.elapsed()
    }

    /// Operations that take about as long as `round`.
    fn calibrate(&mut self, round: Duration) -> u64 {
        let mut count = 1;
        loop {
            let taken = self.time(count);
            if taken >= round / 2 {
                let scaled = u128::from(count) * round.as_nanos() / taken.as_nanos().max(1);
                return u64::try_from(scaled).unwrap_or(count).max(1);
            }
            count = count.saturating_mul(4);
        }
    }
}

impl core::fmt::Debug for Engine {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Engine")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Runs the workloads under criterion, as benchmarks `codec/operation/input/engine`.
pub fn run_criterion(workloads: Vec<Workload>) {
    let mut criterion = Criterion::default().configure_from_args();
    for mut workload in workloads {
        workload.assert_answers_agree();
        let mut group = criterion.benchmark_group(workload.name.clone());
        group.throughput(Throughput::Bytes(workload.bytes as u64));
        for engine in &mut workload.engines {
            group.bench_function(engine.name, |bencher| {
                bencher.iter_custom(|count| engine.time(count));
            });
        }
        group.finish();
    }
    criterion.final_summary();
}
