/* tests/unit/test_config.c: settings: types, units, messages, YAML cost files. */
#include "analyze/engine/config.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct opj_option options[] = {
    {"e_mac_pj", OPJ_OPTION_NUMBER, "4.6", NULL, ""},
    {"threshold", OPJ_OPTION_NUMBER, "0.5", NULL, ""},
    {"sram", OPJ_OPTION_BYTES, "64KiB", NULL, ""},
    {"sparse", OPJ_OPTION_FLAG, "true", NULL, ""},
    {"identity", OPJ_OPTION_CHOICE, "storage", "storage|address", ""},
};

static struct opj_config *fresh(void)
{
	struct opj_error err = {""};
	struct opj_config *config = opj_config_create("estimator toy", options, 5, &err);
	cr_assert(config, "%s", err.text);
	return config;
}

Test(config, defaults)
{
	struct opj_config *config = fresh();
	cr_assert(opj_config_is_default(config));
	cr_assert(opj_config_number(config, "e_mac_pj") == 4.6);
	cr_assert(opj_config_bytes(config, "sram") == 65536);
	cr_assert(opj_config_flag(config, "sparse"));
	cr_assert_str_eq(opj_config_choice(config, "identity"), "storage");
	opj_config_destroy(config);
}

Test(config, list_sets_and_units_convert)
{
	struct opj_config *config = fresh();
	struct opj_error err = {""};
	cr_assert_eq(opj_config_set_list(config, "e_mac_pj=2 nJ,sram=1.5KiB,sparse=no,identity=address", &err), 0, "%s",
		     err.text);
	cr_assert(opj_config_number(config, "e_mac_pj") == 2000);
	cr_assert(opj_config_bytes(config, "sram") == 1536);
	cr_assert_not(opj_config_flag(config, "sparse"));
	cr_assert_str_eq(opj_config_choice(config, "identity"), "address");
	cr_assert_not(opj_config_is_default(config));
	opj_config_destroy(config);
}

Test(config, returning_to_the_default_is_the_default)
{
	struct opj_config *config = fresh();
	cr_assert_eq(opj_config_set(config, "e_mac_pj", "5", NULL), 0);
	cr_assert_not(opj_config_is_default(config));
	cr_assert_eq(opj_config_set(config, "e_mac_pj", "4600fJ", NULL), 0);
	cr_assert(fabs(opj_config_number(config, "e_mac_pj") - 4.6) < 1e-12);
	opj_config_destroy(config);
}

static void expect_refused(const char *list, const char *part)
{
	struct opj_config *config = fresh();
	struct opj_error err = {""};
	cr_assert_eq(opj_config_set_list(config, list, &err), -1, "%s was accepted", list);
	cr_assert(strstr(err.text, part), "\"%s\" does not contain \"%s\"", err.text, part);
	opj_config_destroy(config);
}

Test(config, refusals_say_what_exists)
{
	expect_refused("e_mca_pj=1", "there are: e_mac_pj, threshold, sram, sparse, identity");
	expect_refused("e_mac_pj", "key=value");
	expect_refused("e_mac_pj=", "finite number");
	expect_refused("e_mac_pj=nan", "finite number");
	expect_refused("e_mac_pj=inf", "finite number");
	expect_refused("e_mac_pj=1W", "fJ, pJ, nJ");
	expect_refused("threshold=1pJ", "a plain number");
	expect_refused("sram=-1", "number of bytes");
	expect_refused("sram=0.5", "whole number of bytes");
	expect_refused("sram=1Kg",
		       "sram: \"1Kg\" has the unit \"Kg\"; known here: B, kB, MB, GB, TB, KiB, MiB, GiB, TiB");
	expect_refused("sram=1e40", "whole number of bytes");
	expect_refused("sparse=maybe", "neither true nor false");
	expect_refused("identity=stor", "storage|address");
	expect_refused("identity=storage|address", "storage|address");
}

/* A file with this text, read as a cost file; the message goes to err. */
static int load(struct opj_config *config, const char *text, char **source, struct opj_error *err)
{
	char path[] = "/tmp/opjoule-test-XXXXXX";
	int fd = mkstemp(path);
	cr_assert(fd >= 0);
	cr_assert(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	struct opj_cost_file file = {.name = "toy"};
	int result = opj_config_load(config, path, &file, err);
	unlink(path);
	if (source)
		*source = file.source;
	else
		free(file.source);
	return result;
}

Test(config, cost_file)
{
	struct opj_config *config = fresh();
	struct opj_error err = {""};
	char *source = NULL;
	cr_assert_eq(
	    load(config, "# mine\nestimator: toy\nsource: a paper\ne_mac_pj: 1.5 pJ\nsram: 128KiB\n", &source, &err), 0,
	    "%s", err.text);
	cr_assert_str_eq(source, "a paper");
	cr_assert(opj_config_number(config, "e_mac_pj") == 1.5);
	cr_assert(opj_config_bytes(config, "sram") == 131072);
	free(source);
	opj_config_destroy(config);
}

static void expect_bad_file(const char *text, const char *part)
{
	struct opj_config *config = fresh();
	struct opj_error err = {""};
	cr_assert_eq(load(config, text, NULL, &err), -1, "accepted: %s", text);
	cr_assert(strstr(err.text, part), "\"%s\" does not contain \"%s\"", err.text, part);
	opj_config_destroy(config);
}

Test(config, bad_cost_files_name_the_line)
{
	expect_bad_file("", "empty");
	expect_bad_file("- 1\n", "mapping");
	expect_bad_file("e_mac_pj: 1\n\ne_mca_pj: 2\n", ":3: estimator toy has no setting \"e_mca_pj\"; there are: ");
	expect_bad_file("e_mac_pj: 1 W\n", ":1: ");
	expect_bad_file("sparse: true\ne_mac_pj: [1, 2]\n", ":2: ");
	expect_bad_file("e_mac_pj: 1\ne_mac_pj: 2\n", ":2: e_mac_pj stands there twice");
	expect_bad_file("estimator: other\n", "other");
	expect_bad_file("preset: fp32\n", "no presets");
	expect_bad_file("source: a\nsource: b\n", "twice");
	expect_bad_file("{e_mac_pj: 1\n", ":2: ");
	expect_bad_file("? [a]\n: 1\n", "key");
	expect_bad_file("e_mac_pj: 1\n---\ne_mac_pj: 2\n", ":3: a second document");
	expect_bad_file("e_mac_pj: 1\n...\nnonsense: [\n", ":3: ");
}

/* Of 32 KiB: the YAML library takes minutes for brackets that are nested in 300000 levels. */
Test(config, cost_file_has_a_largest_size)
{
	char text[32768 + 2] = "e_mac_pj: 1\n#", *end = text + 32768;
	memset(text + strlen(text), '-', sizeof text - strlen(text));
	*end = '\0';
	struct opj_config *config = fresh();
	struct opj_error err = {""};
	cr_assert_eq(load(config, text, NULL, &err), 0, "%s", err.text);
	opj_config_destroy(config);
	end[0] = '-';
	end[1] = '\0';
	expect_bad_file(text, "at most 32768 bytes");
}

Test(config, missing_file)
{
	struct opj_config *config = fresh();
	struct opj_error err = {""};
	struct opj_cost_file file = {.name = "toy"};
	cr_assert_eq(opj_config_load(config, "/nonexistent/costs.yaml", &file, &err), -1);
	cr_assert(strstr(err.text, "/nonexistent/costs.yaml"));
	opj_config_destroy(config);
}
