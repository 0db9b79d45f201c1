//! Every kind of mistake, each at its line and column; and the embedded scenarios, all of them.

use super::*;

const GOOD: &str = include_str!("../../scenarios/worker-starvation.toml");

fn load_flags(text: &str, flags: &[&str]) -> Result<Scenario, Diagnostics> {
    let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_string()).collect();
    load_text("test", "test.toml", text, &flags)
}

#[test]
fn smoke() {
    let s = load_flags(
        GOOD,
        &[
            "proxy.proxy_buffering=on",
            "backend.bind=tcp",
            "clients.slow.count=8",
        ],
    )
    .unwrap();
    println!("{:?}", s.baseline.clients);
    println!("{}", s.source);
    let bad = GOOD
        .replace("workers = 4", "wokers = 4\nworkers=\"x\"")
        .replace("rate = \"200KiB/s\"", "rate=\"3k\"")
        .replace("behavior.healthy = {}", "behavior.helthy = {}")
        .replace("path = \"/\"", "pth = \"/\"")
        .replace("proxy.proxy_buffering\"", "proxy.proxy_bufering\"")
        .replace("listen.sndbuf = \"16KiB\"", "listen.sndbuf = 16")
        .replace("visitors.status", "vistors.status")
        .replace("request.path = \"/report\"", "request = \"/r\"")
        .replace("start = \"1s\"", "start = \"9s\"");
    let e = load_flags(&bad, &["backend.workers=9000", "foo"]).unwrap_err();
    println!("{e}");
}
