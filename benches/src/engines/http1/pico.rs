//! picohttpparser behind safe functions; built by its crate with `-msse4`, so with its SSE4.2 loops.
#![expect(unsafe_code, reason = "the peer is a C library")]

use std::ptr;

use picohttpparser_sys::{phr_header, phr_parse_request, phr_parse_response};

/// Places for as many fields as the other engines have.
#[derive(Debug)]
pub(super) struct Table([phr_header; 100]);

impl Table {
    pub(super) fn new() -> Self {
        Self([phr_header::default(); 100])
    }

    /// The length of the last value of `fields`.
    pub(super) fn last_value_len(&self, fields: usize) -> usize {
        fields
            .checked_sub(1)
            .and_then(|last| self.0.get(last))
            .map_or(0, |field| field.value_len)
    }
}

/// What is read from a head for the digest.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Read {
    /// Bytes used; 0 if incomplete.
    pub(super) used: usize,
    pub(super) method_len: usize,
    pub(super) target_len: usize,
    pub(super) status: usize,
    pub(super) fields: usize,
}

/// Parses a request of which `last_len` bytes were there at the last call.
pub(super) fn request(input: &[u8], table: &mut Table, last_len: usize) -> Read {
    let (mut method, mut target) = (ptr::null(), ptr::null());
    let mut read = Read {
        fields: table.0.len(),
        ..Read::default()
    };
    let mut minor = 0;
    // SAFETY: every pointer is valid for the length beside it, and the library keeps none of them.
    let result = unsafe {
        phr_parse_request(
            input.as_ptr().cast(),
            input.len(),
            &raw mut method,
            &raw mut read.method_len,
            &raw mut target,
            &raw mut read.target_len,
            &raw mut minor,
            table.0.as_mut_ptr(),
            &raw mut read.fields,
            last_len,
        )
    };
    read.used = usize::try_from(result).unwrap_or(0);
    read
}

/// Parses a response.
pub(super) fn response(input: &[u8], table: &mut Table) -> Read {
    let (mut reason, mut reason_len) = (ptr::null(), 0);
    let mut read = Read {
        fields: table.0.len(),
        ..Read::default()
    };
    let (mut minor, mut status) = (0, 0);
    // SAFETY: every pointer is valid for the length beside it, and the library keeps none of them.
    let result = unsafe {
        phr_parse_response(
            input.as_ptr().cast(),
            input.len(),
            &raw mut minor,
            &raw mut status,
            &raw mut reason,
            &raw mut reason_len,
            table.0.as_mut_ptr(),
            &raw mut read.fields,
            0,
        )
    };
    read.used = usize::try_from(result).unwrap_or(0);
    read.status = usize::try_from(status).unwrap_or(0);
    read
}
