// SPDX-License-Identifier: GPL-2.0
/*
 * Boards with memory, for a machine that has 2 GiB and a kernel with mem=1G: what the kernel leaves
 * alone, from 1 GiB on, lies on them.
 *
 *	BRD0	ACPI0004	two memory devices on node 1, as the board says
 *	BRD1	PNP0A05		two memory devices, of which one is on node 1 and one on node 0
 *	BRD2	PNP0A06		a memory device, and a board with another one
 *	BRD3	ACPI0004	a memory device, and a device of another kind
 *	BRD4	ACPI0004	nothing
 *
 * No hardware is behind them. A test plays it through the kernel's AML debugger: PLUG puts a board into
 * its slot, a Notify tells the kernel, SPOI (1) makes the next _EJ0 leave the board where it is, SPOI (2)
 * makes it an error. What the kernel answers is kept: NOST counts the calls of _OST, EVNT and CODE are
 * the arguments of the last one.
 */
DefinitionBlock ("", "SSDT", 2, "MHPTST", "BOARDS", 1)
{
	Scope (\_SB)
	{
		Device (BRD0)
		{
			Name (_HID, "ACPI0004")
			Name (_UID, 0x100)
			Name (_PXM, 1)
			Include ("board.asl")

			Device (MEM0)
			{
				Name (_HID, EisaId ("PNP0C80"))
				Name (_UID, 0x100)
				Name (_CRS, ResourceTemplate () {
					QWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed,
						     Cacheable, ReadWrite, 0,
						     0x40000000, 0x47ffffff, 0, 0x08000000)
				})
				Method (_STA) { Return (HERE) }
			}

			Device (MEM1)
			{
				Name (_HID, EisaId ("PNP0C80"))
				Name (_UID, 0x101)
				Name (_CRS, ResourceTemplate () {
					QWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed,
						     Cacheable, ReadWrite, 0,
						     0x48000000, 0x4fffffff, 0, 0x08000000)
				})
				Method (_STA) { Return (HERE) }
			}
		}

		Device (BRD1)
		{
			Name (_HID, EisaId ("PNP0A05"))
			Name (_UID, 0x110)
			Include ("board.asl")

			Device (MEM0)
			{
				Name (_HID, EisaId ("PNP0C80"))
				Name (_UID, 0x110)
				Name (_PXM, 1)
				Name (_CRS, ResourceTemplate () {
					QWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed,
						     Cacheable, ReadWrite, 0,
						     0x50000000, 0x57ffffff, 0, 0x08000000)
				})
				Method (_STA) { Return (HERE) }
			}

			Device (MEM1)
			{
				Name (_HID, EisaId ("PNP0C80"))
				Name (_UID, 0x111)
				Name (_PXM, 0)
				Name (_CRS, ResourceTemplate () {
					QWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed,
						     Cacheable, ReadWrite, 0,
						     0x58000000, 0x5fffffff, 0, 0x08000000)
				})
				Method (_STA) { Return (HERE) }
			}
		}

		Device (BRD2)
		{
			Name (_HID, EisaId ("PNP0A06"))
			Name (_UID, 0x120)
			Name (_PXM, 1)
			Include ("board.asl")

			Device (MEM0)
			{
				Name (_HID, EisaId ("PNP0C80"))
				Name (_UID, 0x120)
				Name (_CRS, ResourceTemplate () {
					QWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed,
						     Cacheable, ReadWrite, 0,
						     0x60000000, 0x67ffffff, 0, 0x08000000)
				})
				Method (_STA) { Return (HERE) }
			}

			Device (BRDX)
			{
				Name (_HID, "ACPI0004")
				Name (_UID, 0x121)
				Method (_STA) { Return (HERE) }

				Device (MEM1)
				{
					Name (_HID, EisaId ("PNP0C80"))
					Name (_UID, 0x121)
					Name (_CRS, ResourceTemplate () {
						QWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed,
							     Cacheable, ReadWrite, 0,
							     0x68000000, 0x6fffffff, 0, 0x08000000)
					})
					Method (_STA) { Return (HERE) }
				}
			}
		}

		Device (BRD3)
		{
			Name (_HID, "ACPI0004")
			Name (_UID, 0x130)
			Name (_PXM, 1)
			Include ("board.asl")

			Device (MEM0)
			{
				Name (_HID, EisaId ("PNP0C80"))
				Name (_UID, 0x130)
				Name (_CRS, ResourceTemplate () {
					QWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed,
						     Cacheable, ReadWrite, 0,
						     0x70000000, 0x77ffffff, 0, 0x08000000)
				})
				Method (_STA) { Return (HERE) }
			}

			Device (DEV0)
			{
				Name (_HID, "MHPT0001")
				Name (_UID, 0x130)
				Method (_STA) { Return (HERE) }
			}
		}

		Device (BRD4)
		{
			Name (_HID, "ACPI0004")
			Name (_UID, 0x140)
			Include ("board.asl")
		}
	}
}
