"""Operations: tables of what a body may ask for and what it costs, and the code that reads them."""
