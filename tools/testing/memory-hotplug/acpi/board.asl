// SPDX-License-Identifier: GPL-2.0
// What each board of containers.asl has.

Name (HERE, 0)
Name (FAIL, 0)
Name (NOST, 0)
Name (EVNT, 0)
Name (CODE, 0)

Method (PLUG) { Store (0x0f, HERE) }
Method (SPOI, 1) { Store (Arg0, FAIL) }
Method (_STA) { Return (HERE) }

Method (_EJ0, 1)
{
	Store (FAIL, Local0)
	Store (0, FAIL)
	If (LEqual (Local0, 0)) {
		Store (0, HERE)
	}
	If (LEqual (Local0, 2)) {
		Divide (1, FAIL, , FAIL)
	}
}

Method (_OST, 3)
{
	Store (Arg0, EVNT)
	Store (Arg1, CODE)
	Increment (NOST)
}
