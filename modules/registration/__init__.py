"""Sessions, slots, visits and the waiting queue (排班、号源、挂号、分诊叫号)."""
