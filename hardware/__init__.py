"""The bridge beside a front desk: drivers for card readers, scanners, printers and analysers. Stands alone."""
