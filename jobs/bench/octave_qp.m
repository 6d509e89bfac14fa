% Times GNU Octave's qp on exported instances: octave-cli octave_qp.m FILE
% One line an instance on standard output: seconds, info (0: solved), optimum found, our optimum.
% The problem is model.md 1 with the proximal term, as tests/qp/dense_reference.cpp states it:
% variables grid, renewable, flexible, charge, discharge, stored, reserve, net trade, and the peak.
function run(file)
  lines = strsplit(strtrim(fileread(file)), "\n");
  for i = 2:numel(lines)
    [H, q, A, b, low, high, G, h, constant, ours] = problem(str2double(strsplit(lines{i}, ",")));
    % qp wants equations of full rank: fixed variables and rows that say nothing new are left out.
    fixed = low == high;
    free = !fixed;
    constant += q(fixed)' * low(fixed) + low(fixed)' * H(fixed, fixed) * low(fixed) / 2;
    b -= A(:, fixed) * low(fixed);
    h -= G(:, fixed) * low(fixed);
    rows = independent_rows(A(:, free));
    low = low(free); high = high(free);
    x0 = min(max(zeros(size(low)), low), high);
    tic;
    [x, value, info] = qp(x0, H(free, free), q(free), A(rows, free), b(rows), low, high, ...
                          -Inf(size(h)), G(:, free), h);
    printf("%.6f %d %.12g %.12g\n", toc, info.info, value + constant, ours);
  end
end

function rows = independent_rows(A)
  [~, R, order] = qr(A', "vector");
  size_of = abs(diag(R));
  rows = sort(order(1:sum(size_of > 1e-10 * max([size_of; 1]))));
end

function [H, q, A, b, low, high, G, h, constant, ours] = problem(row)
  T = 24;
  s = num2cell(row(1:14));
  [ours, phi, peak_price, p2p, b_min, b_max, b_start, b_end, c_max, d_max, eta, g_max, omega, ...
   kappa] = s{:};
  S = reshape(row(15:end), T, 8);
  target = S(:, 1); reference = S(:, 6);
  battery = b_max > b_min;
  n = 8 * T + 1;
  at = @(variable) (variable - 1) * T + (1:T);
  H = zeros(n); q = zeros(n, 1);
  q(at(1)) = S(:, 2);
  q(at(3)) = -2 * omega * reference;
  H(at(3), at(3)) = 2 * omega * eye(T);
  q(at(4)) = kappa; q(at(5)) = kappa;
  q(at(7)) = -S(:, 3);
  q(at(8)) = p2p - target / phi;
  H(at(8), at(8)) = eye(T) / phi;
  q(n) = peak_price;
  constant = omega * sum(reference .^ 2) + sum(target .^ 2) / (2 * phi);
  low = zeros(n, 1); high = Inf(n, 1);
  high(at(1)) = g_max; high(at(2)) = S(:, 4);
  low(at(3)) = S(:, 7); high(at(3)) = S(:, 8);
  high(at(4)) = battery * c_max; high(at(5)) = battery * d_max; high(at(7)) = battery * d_max;
  low(at(6)) = b_min; high(at(6)) = b_max;
  low(6 * T) = max(b_min, b_end);
  low(at(8)) = -Inf; high(n) = g_max;
  A = zeros(2 * T + 1, n); b = zeros(2 * T + 1, 1);
  A(1:T, at(1)) = eye(T); A(1:T, at(2)) = eye(T); A(1:T, at(5)) = eye(T); A(1:T, at(8)) = eye(T);
  A(1:T, at(3)) = -eye(T); A(1:T, at(4)) = -eye(T);
  b(1:T) = S(:, 5);
  A(T + (1:T), at(6)) = eye(T) - diag(ones(T - 1, 1), -1);
  A(T + (1:T), at(4)) = -eta * eye(T); A(T + (1:T), at(5)) = eye(T) / eta;
  b(T + 1) = b_start;
  A(2 * T + 1, at(3)) = 1; b(2 * T + 1) = sum(reference);
  G = zeros(2 * T, n); h = zeros(2 * T, 1);
  G(1:T, at(1)) = eye(T); G(1:T, n) = -1;
  G(T + (1:T), at(7)) = eye(T); G(T + (1:T), at(6)) = -eye(T);
  h(T + (1:T)) = -b_min;
  if !battery  % stored is b_start whatever its bounds; no reserve
    low(at(6)) = b_start; high(at(6)) = b_start;
  end
end

run(argv(){1});
