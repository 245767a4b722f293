//! What is made for either side is written.

use std::io::{self, ErrorKind};

use super::Driver;

impl Driver {
    /// Writes once to the client; whether something was written.
    pub(super) fn write_client(&mut self) -> bool {
        let head_len = self.session.to_client().len();
        let span = self.session.file_piece();
        if head_len == 0 && span.is_none() {
            return false;
        }
        let head = self.session.to_client();
        let written = match (span, &self.file) {
            (Some(span), Some(file)) => {
                file.write(self.session.file_at(), span, head, &mut self.client)
            }
            _ => self.client.try_send(head),
        };
        match written {
            Ok(len) => {
                self.shared.metrics.borrow_mut().sent(len);
                let head = len.min(head_len);
                let rest = (len - head) as u64;
                if head > 0 {
                    self.report(|session, now, worker| session.wrote_to_client(head, now, worker));
                }
                if rest > 0 {
                    self.report(|session, now, worker| session.wrote_of_file(rest, now, worker));
                }
                true
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.client_is_full = true;
                false
            }
            Err(error) => {
                if error.kind() == ErrorKind::UnexpectedEof {
                    // The file is shorter than it was: what was promised cannot be sent.
                    self.client.reset();
                }
                self.report(|session, now, worker| session.client_lost(now, worker));
                true
            }
        }
    }

    pub(super) fn write_server(&mut self) -> bool {
        let Some(server) = &mut self.server else {
            return false;
        };
        if self.session.to_server().is_empty() {
            return false;
        }
        if self.wrote_to_server {
            server.send_promptly();
        }
        let sent = server.try_send(self.session.to_server());
        self.sent_to_server(sent)
    }

    /// What became of a write to the server; whether there may be more to be done.
    pub(super) fn sent_to_server(&mut self, sent: io::Result<usize>) -> bool {
        match sent {
            Ok(len) => {
                if core::mem::take(&mut self.is_connecting) {
                    self.report(|session, now, worker| session.connected(now, worker));
                }
                self.wrote_to_server = true;
                self.report(|session, now, worker| session.wrote_to_server(len, now, worker));
                true
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.server_is_full = true;
                false
            }
            Err(error) if self.is_connecting => {
                self.connect_failed(&error);
                true
            }
            // It takes nothing more, but its answer may be on the way: reading says so.
            Err(_) => {
                self.session.server_takes_no_more();
                true
            }
        }
    }
}
