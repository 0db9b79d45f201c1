//! Checks of who may connect to the backend's socket.

use super::check::Checker;
use super::file::{ActDecl, File};
use crate::machine::act::SignalName;
use crate::machine::backend_config::Bind;
use crate::machine::proxy_config::{Process, ProxyConfig};

impl Checker<'_> {
    /// Modes of the socket and its folder: there is a file, and somebody else who connects.
    pub(super) fn socket_modes(&mut self, file: &File) {
        let socket = &file.backend.socket;
        let said = [
            ("mode", socket.mode.is_some()),
            ("directory", socket.directory.is_some()),
            ("group", socket.group.is_some()),
        ];
        let Some((key, _)) = said.into_iter().find(|(_, said)| *said) else {
            return;
        };
        let key = format!("backend.socket.{key}");
        if file.backend.bind == Bind::Tcp {
            let hint = "set `backend.bind = \"unix\"`, or leave it out";
            self.wrong(&key, "a TCP port has no mode", hint);
        }
        let proxy = file.proxy.as_ref().filter(|proxy| proxy.enabled);
        let Some(proxy) = proxy else {
            let hint = "add `[proxy]` with `process = \"own\"`: it is who connects";
            return self.wrong(&key, "nobody connects whom a mode could keep out", hint);
        };
        self.who_connects(&key, file, proxy);
    }

    fn who_connects(&mut self, key: &str, file: &File, proxy: &ProxyConfig) {
        if proxy.process == Process::In {
            self.wrong(
                key,
                "this process would connect itself, and as root it passes every mode",
                "set `proxy.process = \"own\"`: that process gives up root",
            );
        }
        if file.backend.instances > 1 {
            self.wrong(
                key,
                "modes are played on the socket of one backend",
                "leave `backend.instances` out",
            );
        }
        if proxy.temp_disk.is_some() {
            self.wrong(
                "proxy.temp_disk",
                "a proxy with another user does not reach a disk of this one's",
                "leave `temp_disk` or the modes of the socket out",
            );
        }
        let reads_anew = |act: &ActDecl| {
            act.signal.as_ref().is_some_and(|signal| {
                signal.to == "proxy" && matches!(signal.name, SignalName::Hup | SignalName::Usr1)
            })
        };
        if file.act.iter().any(reads_anew) {
            self.wrong(
                "act",
                "a proxy that has given up root opens neither its logs nor its configuration again",
                "leave HUP and USR1 to the proxy, or the modes of the socket out",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::tests::said;

    const STACK: &str = r#"schema = 1
question = "?"
duration = "1s"
[backend]
bind = "unix"
socket.mode = "0600"
[backend.app."/"]
[proxy]
process = "own"
[[clients]]
name = "visitors"
arrival.open = { rate = "4/s" }
request.path = "/"
behavior.healthy = {}
"#;

    #[test]
    fn a_mode_wants_a_socket_and_somebody_else_who_connects() {
        assert_eq!(said(STACK), "");
        for (old, new, title) in [
            ("\"unix\"", "\"tcp\"", "a TCP port has no mode"),
            ("[proxy]\nprocess = \"own\"\n", "", "nobody connects"),
            ("process = \"own\"", "", "as root it passes every mode"),
            (
                "\"own\"",
                "\"own\"\ntemp_disk = \"8MiB\"",
                "does not reach a disk",
            ),
            ("\"unix\"", "\"unix\"\ninstances = 2", "of one backend"),
            ("0600", "0800", "three octal digits"),
        ] {
            let told = said(&STACK.replace(old, new));
            assert!(told.contains(title), "{new}: {told}");
        }
        let act = "[[act]]\nat = \"500ms\"\nsignal = { to = \"proxy\", name = \"HUP\" }\n";
        let told = said(&format!("{STACK}{act}"));
        assert!(told.contains("has given up root"), "{told}");
    }
}
