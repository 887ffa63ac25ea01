// SPDX-FileCopyrightText: 2026 the python-ipc authors
// SPDX-License-Identifier: MIT

// Compiles the descriptions of a folder with syzkaller's compiler, for each architecture of
// ipc.txt.const.  Prints the errors in files of IPC, and "ARCH NAME SIZE" for each structure.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/syzkaller/pkg/ast"
	"github.com/google/syzkaller/pkg/compiler"
	"github.com/google/syzkaller/sys/targets"
)

func main() {
	folder := os.Args[1]
	failed := false
	report := func(pos ast.Pos, message string) {
		if strings.HasPrefix(filepath.Base(pos.File), "ipc") {
			fmt.Println("error", pos, message)
			failed = true
		}
	}
	for _, arch := range os.Args[2:] {
		description := ast.ParseGlob(filepath.Join(folder, "*.txt"), report)
		constants := compiler.DeserializeConstFile(filepath.Join(folder, "*.const"), report)
		if description == nil || constants == nil {
			os.Exit(1)
		}
		target := targets.List[targets.Linux][arch]
		program := compiler.Compile(description, constants.Arch(arch), target, report)
		if program == nil {
			fmt.Println("error", arch, "does not compile")
			os.Exit(1)
		}
		for _, call := range program.Syscalls {
			fmt.Println(arch, "call", call.Name, call.NR)
		}
		for _, kind := range program.Types {
			if !kind.Varlen() {
				fmt.Println(arch, "type", kind.Name(), kind.Size())
			}
		}
	}
	if failed {
		os.Exit(1)
	}
}
