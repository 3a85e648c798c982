// A JSON document: its values in their order, each a line, for `fuzzpair agree` to compare.
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "yyjson.h"

#define DEEPEST 100 // arrays and objects in each other; all three sides refuse what is deeper

static int is_deeper(yyjson_val *value, int left) {
    size_t at, count;
    yyjson_val *key, *inner;
    if (left < 0) return 1;
    if (yyjson_is_arr(value)) {
        yyjson_arr_foreach(value, at, count, inner) if (is_deeper(inner, left - yyjson_is_ctn(inner))) return 1;
    } else if (yyjson_is_obj(value)) {
        yyjson_obj_foreach(value, at, count, key, inner) if (is_deeper(inner, left - yyjson_is_ctn(inner))) return 1;
    }
    return 0;
}

static void print_octets(const char *word, yyjson_val *value) {
    const uint8_t *octets = (const uint8_t *)yyjson_get_str(value);
    printf("%s x", word);
    for (size_t at = 0; at < yyjson_get_len(value); at++) printf("%02x", octets[at]);
    printf("\n");
}

static double as_double(yyjson_val *value) {
    if (yyjson_is_uint(value)) return (double)yyjson_get_uint(value);
    if (yyjson_is_sint(value)) return (double)yyjson_get_sint(value);
    return yyjson_get_real(value);
}

static void print_value(yyjson_val *value) {
    size_t at, count;
    yyjson_val *key, *inner;
    if (yyjson_is_arr(value)) {
        printf("array\n");
        yyjson_arr_foreach(value, at, count, inner) print_value(inner);
        printf("end\n");
    } else if (yyjson_is_obj(value)) {
        printf("object\n");
        yyjson_obj_foreach(value, at, count, key, inner) {
            print_octets("key", key);
            print_value(inner);
        }
        printf("end\n");
    } else if (yyjson_is_str(value)) {
        print_octets("string", value);
    } else if (yyjson_is_num(value)) {
        const double number = as_double(value);
        uint64_t bits;
        memcpy(&bits, &number, sizeof bits);
        printf("number sign %c bits x%016" PRIx64 "\n", bits >> 63 ? '-' : '+', bits & ~(UINT64_C(1) << 63));
    } else {
        printf("%s\n", yyjson_is_null(value) ? "null" : yyjson_is_true(value) ? "true" : "false");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    yyjson_doc *document = yyjson_read((const char *)data, size, YYJSON_READ_NOFLAG);
    yyjson_val *root = yyjson_doc_get_root(document);
    const int is_taken = document != NULL && !is_deeper(root, DEEPEST - yyjson_is_ctn(root));
    if (is_taken) print_value(root);
    puts(is_taken ? "fuzzpair: accepted" : "fuzzpair: refused");
    yyjson_doc_free(document);
    return 0;
}
