# SPDX-FileCopyrightText: 2026 the python-ipc authors
# SPDX-License-Identifier: MIT
# Prints the constants of Perl's IPC::SysV as a dump of facts.
use strict;
use IPC::SysV;

my @lines;
for my $name (@IPC::SysV::EXPORT_OK) {
	next unless $name =~ /^(IPC|MSG|SEM|SHM|GET|SET)/;
	my $value = eval { no strict 'refs'; &{"IPC::SysV::$name"}() };
	push @lines, sprintf "const   %-22s %s\n", $name, $value if defined $value;
}
print sort(@lines), "# ", scalar(@lines), " facts\n";
