//! Tells cargo that the built pages are part of the program, and puts a note in their place where
//! they are not built yet, so that the program can be built without Node.js.

use std::path::Path;

fn main() {
    let index = Path::new("web/dist/index.html");
    if !index.exists() {
        let note = "<!doctype html><meta charset=utf-8><title>Assay</title><p>The pages are not \
            built: run <code>make web</code> and build again.";
        let written =
            std::fs::create_dir_all("web/dist").and_then(|()| std::fs::write(index, note));
        if let Err(error) = written {
            println!("cargo:warning=web/dist cannot be written: {error}");
        }
    }
    println!("cargo:rerun-if-changed=web/dist");
    println!("cargo:rerun-if-changed=src/store/migrations");
}
