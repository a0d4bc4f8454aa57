"""What REST takes and gives, as typed models; the OpenAPI description is made from them."""
