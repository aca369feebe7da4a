"""The engines of the tests are what they say they are."""

import httpx
import pytest
from sqlalchemy import text

from storage.database import Database


@pytest.mark.elasticsearch
def test_node_answers_and_indexes(elasticsearch_url: str) -> None:
    health = httpx.get(f"{elasticsearch_url}/_cluster/health", trust_env=False).json()
    assert health["number_of_nodes"] >= 1


@pytest.mark.postgres
def test_each_test_has_an_empty_schema(postgres_url: str) -> None:
    database = Database(postgres_url)
    with database.write() as tx:
        tx.execute(text("CREATE TABLE here (id integer)"))
        found = tx.execute(
            text("SELECT count(*) FROM information_schema.tables WHERE table_schema=current_schema")
        )
        assert found.scalar_one() == 1
        schema = tx.execute(text("SELECT current_schema")).scalar_one()
    database.close()
    assert schema.startswith("test_")
