//! Plays conversations with the gateway's core until so many exchanges were had, and says how many that is a second.
//!
//! ```text
//! simulator [EXCHANGES [FIRST SEED]]   200,000 from seed 0 where nothing is said
//! simulator --seed SEED                that conversation, told
//! ```

use core::time::Duration;
use std::process::ExitCode;
use std::time::Instant;

use wirekit_laws::gateway::play;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| arguments.get(at).and_then(|text| text.parse().ok());
    if arguments.first().is_some_and(|word| word == "--seed") {
        let exchanges = play(number(1).unwrap_or(0), true);
        println!("{exchanges} exchanges");
        return ExitCode::SUCCESS;
    }
    let wanted = number(0).unwrap_or(200_000);
    let begun = Instant::now();
    let (mut exchanges, mut seed) = (0, number(1).unwrap_or(0));
    while exchanges < wanted {
        let played = std::panic::catch_unwind(|| play(seed, false));
        let Ok(played) = played else {
            eprintln!("seed {seed} breaks a law; simulator --seed {seed} tells it");
            return ExitCode::FAILURE;
        };
        exchanges += u64::try_from(played).unwrap_or(0);
        seed += 1;
    }
    let (time, core) = (begun.elapsed(), processor_time());
    let rate = |time: Duration| {
        f64::from(u32::try_from(exchanges).unwrap_or(u32::MAX)) / time.as_secs_f64()
    };
    println!(
        "{exchanges} exchanges of {seed} seeds in {time:.2?}: {:.0} a second",
        rate(time)
    );
    if let Some(core) = core {
        println!(
            "{core:.2?} of a core: {:.0} a second on one core",
            rate(core)
        );
    }
    ExitCode::SUCCESS
}

/// How long this thread had a core, where the system says so: a machine has more to do than this.
fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    let nanoseconds = text.split(' ').next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}
