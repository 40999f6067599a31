"""Which tests show which cases of the two lists, of attacks and of what must survive: no case is without a test.

The letters of some cases are in both lists: `N01` and `C01` of an attack are other cases than those of the second list.
"""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

ATTACKS = {
    "saving/test_attacks.py": {
        "test_a25_a_config_is_refused_at_every_entry_point": (
            "A01 A03 A05 A06 A07 A09 A10 A11 A13 A14 A15 A17 A18 A19 A22 A23 A25 A27 C01 C07 C08 C13"
        ),
        "test_a_changed_config_is_refused_at_every_entry_point": "A02 A21 C12",
        "test_a25_every_family_refuses_what_is_not_registered": "A25",
        "test_a25_a_layer_that_lies_about_its_config_can_not_be_cloned": "A25",
        "test_a26_a_registered_name_means_the_registered_class_only": "A26",
        "test_a_text_that_is_no_config_is_refused_at_every_entry_point": "Z01 Z02 C03 C11 C13",
        "test_an_archive_is_refused_at_every_entry_point": ("Z04 Z05 Z06 Z08 Z09 Z10 Z13 Z14 Z17 Z18 Z20 Z21"),
        "test_a_folder_is_refused": "D01 D02 D06 Z13",
    },
    "saving/test_matrix.py": {
        "test_a19_bytecode_as_keras_2_wrote_it_is_refused_as_such": "A19",
        "test_a02_a21_the_state_of_training_of_an_old_file_names_no_code": "A02 A21",
        "test_h26_an_attribute_of_any_size_is_not_read": "H26",
        "test_h14_a_filter_that_nobody_has_and_nothing_stored": "H14",
        "test_c04_c05_graphs_that_are_none_are_refused_at_every_entry_point": "C04 C05",
        "test_z17_names_that_control_how_text_is_shown_are_refused": "Z17",
        "test_z17_a_layer_s_name_is_no_path_whatever_it_is": "Z17",
        "test_c07_an_unknown_key_is_refused_at_every_depth_of_a_nested_model": "C07",
        "test_d06_what_the_system_makes_up_is_no_file": "D06",
    },
    "saving/test_integrity.py": {
        "test_the_rules_for_hdf5_hold_at_every_entry_point": (
            "H01 H02 H05 H06 H07 H09 H10 H11 H13 H15 H17 H18 H19 H27"
        ),
        "test_h26_texts_that_are_named_again_and_again_are_not_read": "H26",
        "test_h21_refusing_a_file_of_many_groups_takes_little": "H21",
        "test_d02_d06_what_is_no_regular_file_is_refused_at_once": "D02 D06",
    },
    "saving/test_more_attacks.py": {
        "test_links_and_filters_are_refused_at_every_entry_point": "H03 H14 H22 H23 H25",
        "test_h29_a_flipped_bit_of_each_part_is_noticed": "H29",
        "test_z12_compressed_weights_of_64_mb_are_loaded_at_once": "Z12",
        "test_d07_a_file_that_is_exchanged_while_it_is_loaded_is_one_of_the_two": "D07",
        "test_p01_a_pickled_model_comes_back_through_the_safe_loader": "P01",
        "test_t_audit_every_entry_point_opens_its_files_and_nothing_else": "T-AUDIT T-GLOBAL",
    },
    "saving/test_hostile_files.py": {"test_z16_a_newer_keras_is_told": "Z16"},
    "saving/test_small_cases.py": {
        "test_c09_a_layer_that_repeats_a_billion_times_is_loaded_with_a_warning": "C09",
        "test_d05_a_file_with_two_names_is_loaded_by_each": "D05",
        "test_n01_n03_arrays_of_numpy_are_no_weights": "N01 N03",
        "test_n01_n03_the_reader_of_data_sets_takes_no_memory_for_a_header": "N01 N03",
    },
    "saving/test_shards.py": {"test_d03_a_shard_that_is_elsewhere_is_refused": "D03"},
    "saving/test_structure.py": {
        "test_t_static_1_nothing_that_runs_code_is_imported_or_called": "T-STATIC-1",
        "test_t_static_2_each_format_is_opened_in_one_place": "T-STATIC-2",
    },
    "utils/test_files.py": {
        "test_dangerous_names_and_addresses_are_refused": "G10",
        "test_g11_nothing_with_a_wrong_hash_is_kept_or_unpacked": "G11",
    },
}
SURVIVAL = {
    "saving/test_faults.py": {
        "test_k01_k02_k03_k04_k05_k06_k07_a_kill_at_any_operation_of_any_save_loses_nothing": (
            "K01 K02 K03 K04 K05 K06 K07"
        ),
        "test_e01_e03_an_error_at_any_operation_of_any_save_loses_nothing": "E01 E03",
        "test_e02_a_limit_on_the_size_of_files_is_an_error_and_no_crash": "E02",
        "test_e05_bytes_that_are_taken_a_few_at_a_time_make_a_whole_file_of_any_format": "E05",
        "test_c01_a_reader_beside_500_saves_sees_whole_files_only": "C01",
    },
    "saving/test_trouble.py": {
        "test_trouble_of_any_kind_costs_nothing_in_any_format": "K10 K11 E02 E04 E06 E07 E08 E09 C02",
    },
    "saving/test_shards.py": {"test_k08_shards_of_different_saves_are_refused": "K08"},
    "saving/test_random_kills.py": {"test_k09_two_hundred_kills_of_a_training_lose_no_checkpoint": "K09"},
    "saving/test_damage.py": {
        "test_e01_the_error_of_a_full_disk_names_the_path_the_step_and_the_bytes": "E01 E03",
        "test_b02_a_file_that_is_cut_anywhere_is_refused_and_the_error_says_so": "B02",
        "test_b05_two_datasets_of_equal_shape_that_are_exchanged_are_noticed": "B05",
        "test_b06_parts_of_two_saves_make_no_folder": "B06",
        "test_x04_after_a_hundred_times_a_file_is_what_it_was": "X04",
    },
    "saving/test_vanishing_folders.py": {
        "test_e06_what_can_not_be_saved_is_known_before_training": "E06",
        "test_e07_the_error_says_when_where_and_what_to_do_and_the_model_is_whole": "E07",
    },
    "saving/test_threads.py": {
        "test_c03_sixteen_threads_load_the_same_weights": "C03",
        "test_c04_what_is_saved_beside_a_training_is_one_step_s_weights": "C04",
        "test_c05_eight_threads_predict_what_one_does": "C05",
        "test_c06_predicting_beside_a_training_uses_one_step_s_weights": "C06",
    },
    "saving/test_integrity.py": {
        "test_b01_each_of_many_flipped_bits_is_noticed_or_harmless": "B01",
        "test_b02_b03_b04_truncated_zeroed_and_longer_files_are_noticed_or_harmless": "B03 B04",
    },
    "saving/test_hostile_files.py": {"test_b06_a_config_with_the_weights_of_another_save_is_noticed": "B06"},
    "saving/test_resuming.py": {
        "test_r01_any_step_of_any_optimizer_can_be_the_last": "R01",
        "test_r02_images_that_are_turned_at_random_go_on_as_they_would": "R02",
        "test_r04_a_kill_inside_validation_changes_nothing": "R04",
        "test_r08_after_twenty_kills_a_run_is_what_it_would_have_been": "R08",
        "test_r12_without_the_newest_file_the_one_before_it_is_taken_up": "R12",
    },
    "saving/test_golden.py": {"test_a_run_of_an_earlier_version_goes_on": "R11"},
    "models/test_resume.py": {
        "test_any_step_can_be_the_last": "R01 R02",
        "test_callbacks_decide_as_if_nothing_had_happened": "R03",
        "test_it_holds_for_the_arguments_of_fit": "R02 R04",
        "test_every_state_of_an_optimizer_is_kept": "R05 R06",
        "test_it_holds_for_several_steps_in_a_call": "R05",
        "test_it_holds_for_16_bits_and_a_scale_of_the_loss": "R06",
        "test_an_iterator_with_a_state_goes_on_at_its_place": "R07",
        "test_a_generator_without_a_state_is_taken_up_at_the_end_of_an_epoch_and_says_so": "R07",
        "test_a_killed_process_is_continued_by_another": "R09",
        "test_another_run_is_refused": "R10",
        "test_more_epochs_and_another_rate_are_allowed": "R10",
        "test_a_file_of_another_version_is_refused": "R11",
        "test_a_damaged_file_is_replaced_by_the_one_before": "R12",
        "test_two_damaged_files_are_an_error_and_no_new_start": "R12",
        "test_files_go_at_a_good_end_only": "N01",
    },
    "data/test_dataset.py": {"test_an_interrupted_run_goes_on_bit_for_bit": "R07"},
    "models/test_nan_hunt.py": {"test_a_layer_is_named_with_its_path_the_epoch_and_the_batch": "N01"},
    "callbacks/test_model_checkpoint.py": {
        "test_weights_that_are_not_finite_go_beside_the_good_file": "N01",
        "test_nan_is_never_the_best": "N02",
    },
    "callbacks/test_monitored.py": {
        "test_nan_at_first_does_not_stop_early_stopping_from_working": "N02",
        "test_nan_at_first_does_not_stop_the_plateau_from_being_seen": "N02",
    },
    "models/test_interruptions.py": {
        "test_errors_in_hooks": "X01",
        "test_errors_in_the_data": "X02",
        "test_a_batch_of_another_shape": "X02",
        "test_interrupts_at_random_places": "X03",
    },
    "saving/test_more_attacks.py": {
        "test_x04_a_model_that_is_saved_again_and_again_stays_what_it_is": "X04",
        "test_x05_every_variable_of_a_model_is_in_its_file": "X05",
    },
}
ATTACKS_ALL = """
A01 A02 A03 A05 A06 A07 A09 A10 A11 A13 A14 A15 A17 A18 A19 A21 A22 A23 A25 A26 A27
H01 H02 H03 H05 H06 H07 H09 H10 H11 H13 H14 H15 H17 H18 H19 H21 H22 H23 H25 H26 H27 H29
Z01 Z02 Z04 Z05 Z06 Z08 Z09 Z10 Z12 Z13 Z14 Z16 Z17 Z18 Z20 Z21
C01 C03 C04 C05 C07 C08 C09 C11 C12 C13 D01 D02 D03 D05 D06 D07 G10 G11 N01 N03 P01
T-STATIC-1 T-STATIC-2 T-AUDIT T-GLOBAL
"""
SURVIVAL_ALL = " ".join(
    f"{letter}{number:02}"
    for letter, last in {"K": 11, "E": 9, "C": 6, "B": 6, "R": 12, "N": 2, "X": 5}.items()
    for number in range(1, last + 1)
)


@pytest.mark.parametrize(
    ("table", "cases"), [(ATTACKS, ATTACKS_ALL), (SURVIVAL, SURVIVAL_ALL)], ids=["attacks", "rest"]
)
def test_every_case_has_a_test_and_every_test_is_there(table, cases):
    shown = {case for tests in table.values() for named in tests.values() for case in named.split()}
    assert shown == set(cases.split())
    for file, tests in table.items():
        there = set(re.findall(r"^def (test_\w+)", (TESTS / file).read_text(), re.MULTILINE))
        assert set(tests) <= there, file
