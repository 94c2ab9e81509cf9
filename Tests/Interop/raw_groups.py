"""What tests ask of a group by hand."""

import apis_groups as apis
import raw


def commit(
    connection,
    group,
    topic,
    offset,
    *,
    partition=0,
    metadata="",
    epoch=-1,
    generation=-1,
    member="",
    instance=None,
    version=8,
    **fields,
):
    """Returns the error code."""
    part = {"index": partition, "offset": offset, "metadata": metadata}
    part |= {"leader_epoch": epoch} if version >= 6 else {}
    fields |= {"instance_id": instance} if version >= 7 else {}
    topics = [{"topic_id" if version >= 10 else "name": topic, "partitions": [part]}]
    answer = connection.call(
        apis.OFFSET_COMMIT,
        version,
        group_id=group,
        generation=generation,
        member_id=member,
        topics=topics,
        **fields,
    )
    return raw.only_partition(answer)["error_code"]


def committed(connection, group, topic, partition=0, version=7):
    """The partition's answer: offset (-1 if there is none), leader epoch, metadata, error code."""
    topics = [{"topic_id" if version >= 10 else "name": topic, "indexes": [partition]}]
    if version < 8:
        return raw.only_partition(connection.call(apis.OFFSET_FETCH, version, group_id=group, topics=topics))
    groups = [{"group_id": group, "topics": topics}]
    [answer] = connection.call(apis.OFFSET_FETCH, version, groups=groups)["groups"]
    assert answer["error_code"] == 0, answer
    return raw.only_partition(answer)


def join(connection, group, *, member="", instance=None, version=9, protocols=(("range", b""),), **fields):
    """One JoinGroup; the answer as it is."""
    fields |= {"instance_id": instance} if version >= 5 else {}
    offered = [{"name": name, "metadata": metadata} for name, metadata in protocols]
    return connection.call(
        apis.JOIN_GROUP, version, group_id=group, member_id=member, protocols=offered, **fields
    )


def join_alone(connection, group, assignment=b"", **options):
    """Makes this connection the only member of a group: returns its id and the generation."""
    answer = join(connection, group, **options)
    if answer["error_code"] == raw.MEMBER_ID_REQUIRED:
        answer = join(connection, group, member=answer["member_id"], **options)
    assert answer["error_code"] == 0, answer
    member, generation = answer["member_id"], answer["generation"]
    assert answer["leader"] == member
    synced = connection.call(
        apis.SYNC_GROUP,
        3,
        group_id=group,
        generation=generation,
        member_id=member,
        instance_id=options.get("instance"),
        assignments=[{"member_id": member, "assignment": assignment}],
    )
    assert (synced["error_code"], synced["assignment"]) == (0, assignment)
    return member, generation


def heartbeat(connection, group, generation, member, instance=None):
    answer = connection.call(
        apis.HEARTBEAT, 4, group_id=group, generation=generation, member_id=member, instance_id=instance
    )
    return answer["error_code"]


def beat(connection, group, member, epoch, *, version=1, **fields):
    return connection.call(
        apis.CONSUMER_GROUP_HEARTBEAT, version, group_id=group, member_id=member, member_epoch=epoch, **fields
    )


def arrive(connection, group, member, *topics, **fields):
    fields = {"names": list(topics), "owned": [], "rebalance_timeout_ms": 5000, **fields}
    return beat(connection, group, member, 0, **fields)
