//! The files of the page about several gateways are what the tools that read them take.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::program::{build_program, finish};

const PAGE: &str = include_str!("../../../crates/wirekit-gateway/docs/fleet.md");

const UNIT: &str = include_str!("../../../crates/wirekit-gateway/debian/wirekit-gateway.service");

/// The blocks of this language.
fn blocks(language: &str) -> Vec<&'static str> {
    let start = format!("```{language}\n");
    let blocks: Vec<&str> = PAGE
        .split(&start)
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert!(!blocks.is_empty(), "no {language}");
    blocks
}

/// What the tool says of it, once it takes it.
fn taken(command: &mut Command) -> String {
    let output = finish(command);
    let said = [&output.stdout[..], &output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(output.status.success(), "{command:?}: {said}");
    said
}

fn secret(folder: &Path, name: &str) {
    let path = folder.join(name);
    fs::write(&path, "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlYw==").expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a mode");
}

#[test]
fn the_gateway_takes_its_configuration() {
    let folder = TempDir::new().expect("a folder");
    secret(folder.path(), "route.key");
    secret(folder.path(), "control.token");
    let file = folder.path().join("gateway.toml");
    fs::write(&file, blocks("toml")[0]).expect("a file");
    let program = build_program("wirekit-gateway");
    taken(
        Command::new(program)
            .arg("--check")
            .arg("--config")
            .arg(file),
    );
}

#[test]
fn systemd_takes_the_unit() {
    let folder = TempDir::new().expect("a folder");
    let unit = folder.path().join("wirekit-gateway.service");
    let program = build_program("wirekit-gateway");
    let program = program.to_str().expect("text");
    fs::write(&unit, UNIT.replace("/usr/bin/wirekit-gateway", program)).expect("a file");
    let drop_in = folder.path().join("wirekit-gateway.service.d");
    fs::create_dir(&drop_in).expect("a folder");
    fs::write(drop_in.join("override.conf"), blocks("ini")[0]).expect("a file");
    let said = taken(
        Command::new("systemd-analyze")
            .args(["verify", "--man=no", "--recursive-errors=no"])
            .arg(&unit),
    );
    let of_unit = said
        .lines()
        .find(|line| line.contains("wirekit-gateway.service"));
    assert_eq!(of_unit, None, "{said}");
}

#[test]
fn prometheus_takes_its_configuration() {
    let folder = TempDir::new().expect("a folder");
    secret(folder.path(), "control.token");
    let mut blocks = blocks("yaml").into_iter();
    let text = blocks.find(|block| block.starts_with("scrape_configs:"));
    let file = folder.path().join("prometheus.yml");
    fs::write(&file, text.expect("a block")).expect("a file");
    taken(Command::new("promtool").args(["check", "config"]).arg(file));
}

#[test]
fn the_manifests_are_yaml_of_the_kinds_that_they_name() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("gateway.yaml");
    fs::write(&file, blocks("yaml")[0]).expect("a file");
    let script = "import sys, yaml\n\
        deployment, service = yaml.safe_load_all(open(sys.argv[1]))\n\
        assert (deployment['kind'], service['kind']) == ('Deployment', 'Service')\n\
        pod = deployment['spec']['template']['spec']\n\
        volumes = {volume['name'] for volume in pod['volumes']}\n\
        for container in pod['initContainers'] + pod['containers']:\n\
        \x20   assert {mount['name'] for mount in container['volumeMounts']} <= volumes\n\
        labels = deployment['spec']['template']['metadata']['labels']\n\
        assert labels == service['spec']['selector'] == deployment['spec']['selector']['matchLabels']\n";
    taken(Command::new("python3").args(["-c", script]).arg(file));
}
