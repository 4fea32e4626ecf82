"""The bridge beside a front desk: drivers for readers, scanners, printers and analysers. Stands alone."""
