//! The codecs against real servers and programs (feature `interop`).
