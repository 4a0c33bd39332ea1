//! The list of all behaviours. A missing one is dead code, which the compiler reports.

/// Passes the names of all behaviours, by module, to a macro: `every_behaviour!([macro] further arguments)`.
#[doc(hidden)]
#[macro_export]
macro_rules! every_behaviour {
    ([$($then:tt)+] $($with:tt)*) => {
        $($then)+! {
            [$($with)*]
            budgets {
                of_many_at_once_as_many_as_the_budget_holds_get_something
                when_one_of_several_is_used_up_nothing_is_taken_from_the_others
                what_does_not_fit_is_not_taken_and_less_may_fit_still
                a_budget_whose_hour_is_over_is_cleaned_away_and_no_other
                who_has_no_budget_spends_without_a_limit
            }
            commits {
                a_commit_stores_its_change_together_with_its_events
                a_change_of_an_old_version_conflicts_and_leaves_everything_as_it_was
                a_conflict_in_the_second_write_undoes_the_first
                a_taken_id_conflicts_at_the_index_of_its_write
                a_required_token_must_be_there
                a_commit_sent_twice_is_stored_once
                a_reservation_holds_up_commits_that_are_not_urgent_and_no_urgent_one
                a_lost_answer_is_settled_as_the_success_it_was
                a_manage_token_is_recognised_by_its_id_and_hash
                of_64_writers_of_one_version_exactly_one_wins
                fields_of_a_newer_jeton_survive
                projects_are_listed_by_their_ids
                what_is_not_there_is_none
            }
            configurations {
                a_configuration_has_one_token
                removing_its_token_frees_the_configuration
                configurations_of_two_projects_are_two
            }
            events {
                every_feed_is_paged_in_both_orders
                a_page_ends_once_it_holds_as_many_bytes_as_asked_for_and_says_whether_there_is_more
                bounds_are_exclusive
                events_for_counting_have_what_is_counted_and_nothing_else
                a_question_is_only_with_its_token
                an_event_about_another_token_is_with_both_and_once_in_the_project
                an_event_is_found_in_its_feeds_only
                an_event_appended_twice_is_there_once
                many_events_appended_at_once_are_all_found_in_order
                callers_that_hang_up_do_not_cancel_others
            }
            manage_tokens {
                manage_tokens_are_listed_by_their_ids
                a_change_of_an_old_version_conflicts
                a_caller_is_required_in_the_version_that_was_read
                a_deleted_manage_token_is_gone_and_its_id_is_not_given_again
                the_day_of_last_use_stays_beside_the_version_and_never_goes_back
                a_record_of_the_first_jeton_has_version_0
                an_event_of_two_manage_tokens_is_in_both_feeds_and_in_no_other
                manage_tokens_that_were_deleted_make_no_list_longer
            }
            members {
                a_member_is_found_by_id_and_by_address_in_any_case
                an_address_is_one_members_and_an_id_too
                members_are_listed_by_their_ids
                a_removed_members_address_is_free_again
                a_later_invitation_takes_the_place_of_an_earlier_one
                an_invitation_is_accepted_once_and_then_settled
                a_withdrawn_invitation_admits_nobody
                an_invited_person_may_be_added_without_the_invitation
                a_replaced_member_is_the_same_by_id_and_by_address
                a_conflict_over_the_master_token_leaves_the_address_free
                a_closed_project_is_found_closed_by_the_commit_that_asks
                a_project_that_comes_closed_is_closed
                the_invitations_of_a_project_are_those_that_are_pending_and_open
            }
            idempotency_records {
                an_idempotency_record_is_stored_with_its_change_or_neither_is
                a_plan_of_an_action_is_stored_alone_and_once
                idempotency_records_past_their_time_are_removed_and_no_others
            }
            passkeys {
                the_passkeys_of_an_address_are_found_in_any_case_and_each_says_whose_it_is
                of_two_changes_of_one_version_one_is_stored
                a_passkey_is_that_of_one_address
                a_passkey_that_is_removed_is_gone_and_can_be_registered_again
                who_requires_no_passkeys_conflicts_with_the_first_one
                passkeys_are_removed_by_their_address_alone_and_can_be_registered_again
            }
            seals {
                seals_come_in_their_order_day_by_day_and_the_later_one_counts
                a_day_has_one_head_and_the_first_one_stays
                seals_of_a_day_with_a_head_stay_as_they_are
                a_store_notes_what_each_place_for_anchors_has_taken
                a_store_notes_how_far_the_sealing_of_a_day_is
                the_projects_of_which_there_is_anything_are_known
                seals_outlive_the_last_event_of_their_day
            }
            sessions {
                a_session_is_there_until_it_is_removed
                the_sessions_of_an_address_are_listed_in_any_case
                the_projects_of_an_address_are_those_it_is_a_member_of
                sessions_that_are_over_are_cleaned_away_and_no_others
            }
            shares {
                an_attempt_that_is_made_again_is_reserved_and_counted_once
                of_64_attempts_at_once_five_are_reserved
                of_5_wrong_codes_at_once_each_is_counted_even_after_the_share_has_ended
                a_share_that_has_ended_or_never_was_has_no_attempts
                a_share_ends_whatever_attempts_were_reserved_since_it_was_read
                only_one_of_many_ends_a_share
                the_second_pick_up_of_a_share_gets_no_copy
            }
            sweep {
                tokens_are_due_from_the_moment_they_expire_the_most_overdue_first
                what_has_been_due_for_years_is_still_found
                a_changed_token_stays_due_when_it_was
                a_removed_token_is_no_longer_due
                a_token_is_due_for_its_notices_first_and_once_at_any_time
                a_token_whose_first_notice_was_passed_over_is_due_only_at_its_end
                what_is_due_stays_where_another_change_finds_it
                of_two_notices_of_one_version_one_is_stored_and_the_other_moves_nothing
                a_token_that_is_removed_between_its_notices_is_never_due_again
                a_token_whose_end_was_moved_is_due_for_its_new_end_only
            }
            tokens {
                the_verify_item_follows_the_token
                removing_a_token_leaves_its_tombstone_and_its_history
                the_id_of_a_removed_token_stays_taken
                a_removed_token_cannot_be_replaced_or_removed_again
                tokens_are_paged_in_the_order_of_their_ids
                tokens_are_paged_backwards_while_others_come_and_go
                new_ids_and_random_ones_of_earlier_builds_are_one_list
                tokens_of_two_projects_may_have_the_same_id
                the_last_day_of_use_is_kept_beside_the_version
                marking_a_removed_token_used_does_not_bring_it_back
            }
        }
    };
}
