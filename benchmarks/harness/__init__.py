"""What ./bench is made of. Only the standard library is used."""
