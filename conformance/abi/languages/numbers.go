// SPDX-FileCopyrightText: 2026 the python-ipc authors
// SPDX-License-Identifier: MIT

// Prints the system call numbers of Go's package syscall as a dump of facts.
package main

import (
	"fmt"
	"syscall"
)

func main() {
	for _, one := range []struct {
		name   string
		number int
	}{
		{"msgctl", syscall.SYS_MSGCTL}, {"msgget", syscall.SYS_MSGGET},
		{"msgrcv", syscall.SYS_MSGRCV}, {"msgsnd", syscall.SYS_MSGSND},
		{"semctl", syscall.SYS_SEMCTL}, {"semget", syscall.SYS_SEMGET},
		{"semop", syscall.SYS_SEMOP}, {"semtimedop", syscall.SYS_SEMTIMEDOP},
		{"shmat", syscall.SYS_SHMAT}, {"shmctl", syscall.SYS_SHMCTL},
		{"shmdt", syscall.SYS_SHMDT}, {"shmget", syscall.SYS_SHMGET},
	} {
		fmt.Printf("syscall %-22s %d\n", one.name, one.number)
	}
	fmt.Println("# 12 facts")
}
