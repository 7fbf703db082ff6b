/* tests/unit/test_quantity.c: numbers with units, read and written. */
#include "record/base/quantity.h"
#include <criterion/criterion.h>
#include <math.h>

Test(quantity, sizes_have_one_reading)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} cases[] = {
	    {"0", 0},
	    {"65536", 65536},
	    {"64 B", 64},
	    {"64kB", 64000},
	    {"64KB", 64000},
	    {"64kb", 64000},
	    {"64KiB", 65536},
	    {"64kib", 65536},
	    {"64K", 65536},
	    {"64k", 65536},
	    {"1.5KiB", 1536},
	    {"2M", 2 << 20},
	    {"2 MB", 2000000},
	    {"1G", 1 << 30},
	    {"3GiB", UINT64_C(3) << 30},
	    {"1T", UINT64_C(1) << 40},
	    {"1TiB", UINT64_C(1) << 40},
	    {"1TB", UINT64_C(1000000000000)},
	    {"9007199254740991", UINT64_C(9007199254740991)},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct opj_error err = {""};
		uint64_t bytes = 0;
		double number = 0, converted = 1;
		cr_expect_eq(opj_bytes_read(cases[i].text, &bytes, &err), 0, "%s: %s", cases[i].text, err.text);
		cr_expect_eq(bytes, cases[i].bytes, "%s is %lu", cases[i].text, bytes);
		cr_expect_eq(opj_unit_parse("sram_bytes", cases[i].text, &number, &err), 0, "%s", cases[i].text);
		cr_expect_eq(number, (double)cases[i].bytes, "%s is %g", cases[i].text, number);
		const char *unit = cases[i].text + strspn(cases[i].text, "0123456789. ");
		cr_expect(opj_unit_convert(OPJ_UNIT_BYTES, unit, 0, &converted));
		cr_expect_eq(converted * strtod(cases[i].text, NULL), (double)cases[i].bytes);
	}
}

Test(quantity, sizes_that_are_none)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
	    {"", "\"\" is no number of bytes"},
	    {"-1", "\"-1\" is no number of bytes"},
	    {"nan", "no number of bytes"},
	    {"0.5", "\"0.5\" is not a whole number of bytes below 8 PiB"},
	    {"8192TiB", "not a whole number of bytes below 8 PiB"},
	    {"1e40", "not a whole number of bytes below 8 PiB"},
	    {"5 kg", "\"5 kg\" has the unit \"kg\"; known here: B, kB, MB, GB, TB, KiB, MiB, GiB, TiB"},
	    {"5 mbit", "has the unit \"mbit\""},
	    {"5 Kibi", "has the unit \"Kibi\""},
	    {"5 KiB of it", "has the unit \"KiB of it\""},
	    {"1PiB", "has the unit \"PiB\""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct opj_error err = {""};
		uint64_t bytes = 42;
		cr_expect_eq(opj_bytes_read(cases[i].text, &bytes, &err), -1, "%s", cases[i].text);
		cr_expect(strstr(err.text, cases[i].message), "%s", err.text);
		cr_expect_eq(bytes, 42);
	}
}

Test(quantity, rates)
{
	static const struct {
		const char *text;
		enum opj_unit unit;
		double rate; /* -1: refused */
	} cases[] = {
	    {"1.2 TFLOP/s", OPJ_UNIT_FLOPS, 1.2e12},
	    {"1.2TFLOPS", OPJ_UNIT_FLOPS, 1.2e12},
	    {"3 Gflop/s", OPJ_UNIT_FLOPS, 3e9},
	    {"3 Gflops/s", OPJ_UNIT_FLOPS, 3e9},
	    {"76.8e9", OPJ_UNIT_FLOPS, 76.8e9},
	    {"5 k", OPJ_UNIT_FLOPS, 5e3},
	    {"50 GB/s", OPJ_UNIT_BYTE_RATE, 50e9},
	    {"50GiB/s", OPJ_UNIT_BYTE_RATE, 50.0 * 1024 * 1024 * 1024},
	    {"7 KiB/s", OPJ_UNIT_BYTE_RATE, 7168},
	    {"7 KB/s", OPJ_UNIT_BYTE_RATE, 7000},
	    {"2 EB/s", OPJ_UNIT_BYTE_RATE, 2e18},
	    {"2 T", OPJ_UNIT_BYTE_RATE, 2e12},
	    {"", OPJ_UNIT_FLOPS, -1},
	    {"fast", OPJ_UNIT_FLOPS, -1},
	    {"nan", OPJ_UNIT_FLOPS, -1},
	    {"inf", OPJ_UNIT_FLOPS, -1},
	    {"5 K", OPJ_UNIT_FLOPS, -1},
	    {"50 Gb/s", OPJ_UNIT_BYTE_RATE, -1},    /* bits */
	    {"50 GFLOP/s", OPJ_UNIT_BYTE_RATE, -1}, /* of the other kind */
	    {"50 GB/s", OPJ_UNIT_FLOPS, -1},
	    {"50 GiFLOP/s", OPJ_UNIT_FLOPS, -1},
	    {"50 mFLOP/s", OPJ_UNIT_FLOPS, -1},
	    {"50 GB/s and more to come", OPJ_UNIT_BYTE_RATE, -1},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct opj_error err = {""};
		double rate = 0;
		if (opj_unit_read(cases[i].unit, cases[i].text, &rate, &err))
			rate = -1;
		cr_expect(fabs(rate - cases[i].rate) <= 1e-15 * fabs(rate), "\"%s\" is %g", cases[i].text, rate);
	}
}

Test(quantity, keys_say_their_unit)
{
	static const struct {
		const char *key, *text;
		double value;
	} cases[] = {
	    {"e_pj", "4.6", 4.6},      {"e_pj", "1000 fJ", 1},     {"e_pj", "120fJ", 0.12},
	    {"e_pj", "2 nJ", 2000},    {"e_pj", "3 µJ", 3e6},      {"e_nj", "5 pJ", 0.005},
	    {"t_ns", "2 ms", 2e6},     {"t_s", "1 us", 1e-6},      {"x_v", "500 mV", 0.5},
	    {"x_mv", "0.5 V", 500},    {"p_w", "3 mW", 0.003},     {"p_mw", "2 W", 2000},
	    {"d_um", "22 nm", 0.022},  {"f_mhz", "1.5 GHz", 1500}, {"n_bits", "2 Kibit", 2048},
	    {"n_bytes", "4 kB", 4000}, {"plain", "7", 7},          {"plain", " 7 ", 7},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct opj_error err = {""};
		double value = 0;
		cr_assert_eq(opj_unit_parse(cases[i].key, cases[i].text, &value, &err), 0, "%s %s: %s", cases[i].key,
			     cases[i].text, err.text);
		cr_assert_eq(value, cases[i].value, "%s %s", cases[i].key, cases[i].text);
	}
}

Test(quantity, units_of_another_kind_are_refused)
{
	static const struct {
		const char *key, *text, *message;
	} cases[] = {
	    {"e_pj", "4 kg", "e_pj: \"4 kg\" has the unit \"kg\"; known here: fJ, pJ, nJ, uJ, µJ, mJ, J, kJ, MJ, GJ"},
	    {"n_bits", "4 mbit",
	     "n_bits: \"4 mbit\" has the unit \"mbit\"; known here: bit, kbit, Mbit, Gbit, Tbit, Kibit, Mibit, Gibit, "
	     "Tibit"},
	    {"plain", "4 J", "known here: none, a plain number"},
	    {"e_pj", "J", "no finite number"},
	    {"e_pj", "inf", "no finite number"},
	    {"e_fj", "1e308 GJ", "no finite number"},
	    {"e_pj", "", "no finite number"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct opj_error err = {""};
		double value = 0;
		cr_assert_eq(opj_unit_parse(cases[i].key, cases[i].text, &value, &err), -1);
		cr_assert(strstr(err.text, cases[i].message), "%s", err.text);
	}
}

Test(quantity, figures_have_four_digits)
{
	char text[32];
	cr_expect_str_eq(opj_format_rate(text, 1.2e12, OPJ_UNIT_FLOPS), "1.200 TFLOP/s");
	cr_expect_str_eq(opj_format_label(text, 1.2e12, OPJ_UNIT_FLOPS), "1.2 TFLOP/s");
	cr_expect_str_eq(opj_format_label(text, 20e9, OPJ_UNIT_BYTE_RATE), "20 GB/s");
	cr_expect_str_eq(opj_format_label(text, 100, OPJ_UNIT_BYTE_RATE), "100 B/s");
	cr_expect_str_eq(opj_format_rate(text, 999.96e6, OPJ_UNIT_FLOPS), "1.000 GFLOP/s");
	cr_expect_str_eq(opj_format_rate(text, 9e27, OPJ_UNIT_FLOPS), "9000000000.0 EFLOP/s");
	cr_expect_str_eq(opj_format_count(text, 9999, "B"), "9999 B");
	cr_expect_str_eq(opj_format_count(text, -10000, ""), "-10.00 k");
	cr_expect_str_eq(opj_format_count(text, 64900000, ""), "64.90 M");
	cr_expect_str_eq(opj_format_count(text, INT64_MAX, "B"), "9.223 EB");
	cr_expect_str_eq(opj_format_time(text, 999), "999 ns");
	cr_expect_str_eq(opj_format_time(text, 1500), "1.500 µs");
	cr_expect_str_eq(opj_format_time(text, 7200000000000), "7200.0 s");
	cr_expect_str_eq(opj_format_energy(text, 0), "0 pJ");
	cr_expect_str_eq(opj_format_energy(text, 0.25), "0.250 pJ");
	cr_expect_str_eq(opj_format_energy(text, 16259367.6), "16.26 µJ");
	cr_expect_str_eq(opj_format_energy(text, 5e21), "5000.0 MJ");
	cr_expect_str_eq(opj_format_size(text, 1023), "1023 B");
	cr_expect_str_eq(opj_format_size(text, 1536), "1.5 KiB");
	cr_expect_str_eq(opj_format_size(text, UINT64_C(1) << 52), "4096.0 TiB");
}
