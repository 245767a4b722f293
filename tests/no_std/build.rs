fn main() {
    // The program brings its own `_start`; libc is linked only for `memcpy` and the like.
    println!("cargo:rustc-link-arg-bins=-nostartfiles");
    println!("cargo:rustc-link-arg-bins=-lc");
}
