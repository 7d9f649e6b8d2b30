"""The vault under fire: processes killed, disks failing, connections cut, crowds at one door."""
