// SPDX-FileCopyrightText: 2026 the python-ipc authors
// SPDX-License-Identifier: MIT
//! Prints what Rust's crate libc declares of System V IPC as a dump of facts.
use std::mem::{align_of, size_of};

macro_rules! facts {
    ($lines:ident: $($name:ident)*) => {
        $($lines.push(format!("const   {:<22} {}", stringify!($name), libc::$name));)*
    };
}
macro_rules! structs {
    ($lines:ident: $($name:ident)*) => {
        $($lines.push(format!("struct  {:<22} size {} align {}", stringify!($name),
            size_of::<libc::$name>(), align_of::<libc::$name>()));)*
    };
}

fn main() {
    let mut lines: Vec<String> = Vec::new();
    facts!(lines: IPC_CREAT IPC_EXCL IPC_NOWAIT IPC_PRIVATE IPC_RMID IPC_SET IPC_STAT IPC_INFO
        MSG_NOERROR MSG_EXCEPT MSG_COPY MSG_STAT MSG_INFO
        SHM_RDONLY SHM_RND SHM_REMAP SHM_EXEC SHM_LOCK SHM_UNLOCK SHM_HUGETLB SHM_NORESERVE);
    structs!(lines: ipc_perm msginfo msqid_ds sembuf shmid_ds semid_ds seminfo);
    lines.sort();
    for line in &lines {
        println!("{}", line);
    }
    println!("# {} facts", lines.len());
}
