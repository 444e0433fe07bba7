"""Static drawings in SVG: one width, text as text, colours of Okabe and Ito. Decides nothing."""
