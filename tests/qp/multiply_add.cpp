// Compiled for processors with fused multiply-add. No includes: nothing here may reach other files.
namespace gridtally::qp {

double multiply_add(double a, double b, double c);
double multiply_add(double a, double b, double c) { return a * b + c; }

}  // namespace gridtally::qp
