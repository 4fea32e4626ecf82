"""Unified payment (统一支付): payment orders, refund orders, channels and prepaid accounts. It knows no bill."""
