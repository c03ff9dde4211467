"""What leaves the house: released assignments, their messages, and how those reach partners and the vendor's CRM."""
