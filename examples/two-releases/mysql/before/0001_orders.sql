CREATE TABLE orders (
  id bigint AUTO_INCREMENT PRIMARY KEY,
  customer varchar(100) NOT NULL,
  total decimal(12, 2) NOT NULL
);
