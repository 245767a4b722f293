//! Safe doors to the C loops in `twins.c`.
#![expect(unsafe_code, reason = "calls into C")]

use wirekit::uwsgi::Field;

/// A field as C sees it: the layout of two byte slices, spelled out.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(super) struct CField {
    name: *const u8,
    name_len: usize,
    value: *const u8,
    value_len: usize,
}

impl CField {
    /// The field must outlive every use of the value.
    pub(super) fn of(field: Field<'static>) -> Self {
        Self {
            name: field.name.as_ptr(),
            name_len: field.name.len(),
            value: field.value.as_ptr(),
            value_len: field.value.len(),
        }
    }
}

unsafe extern "C" {
    fn twin_walk(block: *const u8, size: usize) -> u64;
    fn twin_index(block: *const u8, size: usize) -> u64;
    fn twin_encode(fields: *const CField, count: usize, out: *mut u8, room: usize) -> usize;
}

pub(super) fn walk(block: &[u8]) -> u64 {
    // SAFETY: the function reads `size` bytes from `block` and keeps nothing.
    unsafe { twin_walk(block.as_ptr(), block.len()) }
}

pub(super) fn index(block: &[u8]) -> u64 {
    // SAFETY: the function reads `size` bytes from `block` and keeps nothing.
    unsafe { twin_index(block.as_ptr(), block.len()) }
}

pub(super) fn encode(fields: &[CField], out: &mut [u8]) -> usize {
    // SAFETY: the fields point to static bytes of their lengths; the function writes `room` bytes at most.
    unsafe { twin_encode(fields.as_ptr(), fields.len(), out.as_mut_ptr(), out.len()) }
}
