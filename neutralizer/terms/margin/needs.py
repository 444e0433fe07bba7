"""What a margin model needs of each instrument that an account holds or may trade: its fact NEEDS."""

NOTHING = ""
RATES = "margin_rates"
ARRAYS = "scan_arrays"
SENSITIVITIES = "crif"
COVARIANCE = "covariance"
SHOCKS = "shocks"
