//! Any text is a configuration, or has mistakes that are named with their places.

use std::path::Path;
use std::rc::Rc;

use wirekit_gateway::config::{Action, Config, Security};
use wirekit_gateway::core::session::{Listener, Rules, Worker};

/// Law 6: each mistake has a place inside the text; and what `--check` takes is what a start takes: every name in the model
/// leads somewhere.
pub fn config(data: &[u8]) {
    let Ok(text) = core::str::from_utf8(data) else {
        return;
    };
    let file = Path::new("gateway.toml");
    match Config::parse(text, file) {
        Ok(config) => {
            resolved(&config);
            starts(config);
        }
        Err(problems) => {
            assert!(!problems.is_empty(), "refused, and nothing is wrong");
            let lines: Vec<&str> = text.split('\n').collect();
            let mut last = (0, 0);
            for problem in &problems {
                assert_eq!(problem.file, file);
                let place = (problem.line, problem.column);
                let line = problem.line.checked_sub(1).and_then(|at| lines.get(at));
                let line = line.unwrap_or_else(|| panic!("{place:?} of {} lines", lines.len()));
                let is_inside = (1..=line.chars().count() + 1).contains(&problem.column);
                assert!(is_inside, "{place:?} lies outside: {problem}");
                assert!(last <= place, "problems are in the order of the file");
                last = place;
                assert!(
                    !problem.text.is_empty() && !problem.to_string().contains('\n'),
                    "{problem}"
                );
            }
            let again = Config::parse(text, file);
            assert_eq!(
                again.err(),
                Some(problems),
                "the same text, and other problems"
            );
        }
    }
}

fn resolved(config: &Config) {
    assert!(!config.listeners.is_empty() && !config.sites.is_empty());
    let upstreams = config.upstreams.len();
    for listener in &config.listeners {
        match &listener.security {
            Security::Tls(names) => {
                assert!(
                    names
                        .iter()
                        .all(|name| config.certificates.contains_key(name))
                );
            }
            Security::Passthrough(names) => assert!(names.values().all(|&at| at < upstreams)),
            _ => {}
        }
    }
    for location in config.sites.iter().flat_map(|site| &site.locations) {
        assert!(location.path.starts_with('/'));
        if let Action::Upstream(proxy) = &location.action {
            assert!(proxy.upstream < upstreams);
        }
    }
    assert!(
        config
            .upstreams
            .iter()
            .all(|upstream| !upstream.servers.is_empty())
    );
}

fn starts(config: Config) {
    let listeners = config.listeners.clone();
    let rules = Rc::new(Rules::new(config));
    let worker = Worker::new(&rules);
    assert_eq!(worker.balancers.len(), rules.config().upstreams.len());
    for listener in listeners {
        let _ = Listener::new(&listener.address);
    }
}
