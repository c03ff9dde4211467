"""The follow-up rate of a draft from what happened: which offers count, and when there is nothing to say."""

import duckdb
import pytest

from routing_jobs.simulation.words import happened_sentence

OFFERS = """
    create table offer (
        batch_id varchar, lead_id varchar, partner_id varchar, source varchar, is_follow_up_counted boolean,
        is_followed_up_in_time boolean
    )"""


def publish(program, offers):
    """Releases one fct_assignment: rows of batch, lead, partner, source, counted, followed up."""
    release = program.root / "published" / "releases" / "1"
    (release / "parquet").mkdir(parents=True)
    (program.root / "published" / "current").symlink_to(release)
    with duckdb.connect() as connection:
        connection.execute(OFFERS)
        connection.executemany("insert into offer values (?, ?, ?, ?, ?, ?)", offers)
        connection.execute(f"copy offer to '{release / 'parquet' / 'fct_assignment.parquet'}' (format parquet)")


def one_partner_batch(program, leads, **routing):
    program.partner("P1", free=1_000, tier="gold")
    program.partner("P2", free=1_000, tier="silver")
    for number in range(leads):
        program.world.lead(f"L{number:03}")
    (batch_id,) = program.propose(**routing)
    return batch_id


def test_the_same_rules_are_judged_by_the_offers_that_count(program):
    batch_id = one_partner_batch(program, 44)
    publish(
        program,
        [
            *((batch_id, f"L{number:03}", "P1", "routed", True, number < 30) for number in range(40)),
            (batch_id, "L040", "P1", "routed", False, False),  # its window is open
            (batch_id, "L041", "P2", "override", True, True),  # a person gave it to another
            (batch_id, "L042", "P1", "override", True, True),
            ("another batch", "L043", "P1", "routed", True, True),
        ],
    )
    judged = program.simulate().off_policy
    assert judged.offers == 40
    assert judged.too_little is None
    assert (judged.effective_sample, judged.support) == (pytest.approx(40), pytest.approx(1))
    for estimate in (judged.ips, judged.self_normalised, judged.doubly_robust):
        assert estimate.rate == pytest.approx(0.75)


def test_a_draft_that_sends_leads_where_none_could_go_is_not_judged(program):
    batch_id = one_partner_batch(program, 44)
    publish(program, [(batch_id, f"L{number:03}", "P1", "routed", True, True) for number in range(44)])
    judged = program.simulate(tiers=["platinum", "silver", "gold"]).off_policy
    assert judged.offers == 44
    assert (judged.effective_sample, judged.support) == (0, 0)
    assert "not enough overlap to judge" in judged.too_little
    assert judged.ips is None


def test_newcomers_are_the_draw_that_makes_batches_evidence(program):
    """P2 is new: where a unit is reserved for newcomers it counts at its best chance, so both can get every unit."""
    share = {"performance": {"newcomer_share": 0.4, "newcomer_offers": 5}}
    program.world.offers("P1", good=30, bad=10)
    batch_id = one_partner_batch(program, 200, **share)
    connection = program.world.connection
    taken = connection.execute(
        "select lead_id, partner_id, propensity_micros from routing.candidate where is_assigned order by lead_id"
    ).fetchall()
    assert {partner for _, partner, _ in taken} == {"P1", "P2"}
    assert all(0 < micros < 1_000_000 for _, _, micros in taken)
    publish(program, [(batch_id, lead, partner, "routed", True, partner == "P1") for lead, partner, _ in taken])
    same = program.simulate(**share).off_policy
    assert same.effective_sample == pytest.approx(200)
    assert same.self_normalised.rate == pytest.approx(same.logged_rate)
    never = program.simulate(performance={"newcomer_share": 0.0, "newcomer_offers": 5}).off_policy
    assert never.too_little is None
    assert never.support == pytest.approx(1)
    assert never.logged_rate < 0.9
    # the draft sends everything to P1, whose every offer was followed up
    assert never.self_normalised.rate == pytest.approx(1)
    assert never.ips.lower <= 1 <= never.ips.upper + 1e-9


def test_batches_without_propensities_and_programs_without_a_release_say_so(program):
    batch_id = one_partner_batch(program, 40)
    assert "no offer with a stored propensity" in program.simulate().off_policy.too_little
    publish(program, [(batch_id, f"L{number:03}", "P1", "routed", True, True) for number in range(40)])
    path = program.workspace.batches / batch_id / "candidates.parquet"
    import pyarrow.parquet as pq

    table = pq.read_table(path).drop_columns(["propensity_micros"])
    path.unlink()
    pq.write_table(table, path)
    assert "no offer with a stored propensity" in program.simulate().off_policy.too_little


def test_what_happened_to_a_lead_stands_beside_its_change(program):
    batch_id = one_partner_batch(program, 3)
    publish(
        program,
        [
            (batch_id, "L000", "P1", "routed", True, True),
            (batch_id, "L001", "P1", "routed", True, False),
            (batch_id, "L002", "P1", "routed", False, False),
        ],
    )
    found = program.simulate(tiers=["platinum", "silver", "gold"])
    assert [change["happened"] for change in found.changes] == ["followed_up", "not_followed_up", "open"]
    assert found.summary()["changed_happened"] == {"followed_up": 1, "not_followed_up": 1, "open": 1}
    said = "1 followed up in time, 1 not followed up in time, 1 no verdict yet"
    assert happened_sentence(found) == f"Of the offers that were made for them: {said}."
