#!/bin/sh
# Make MinIO's users, each with a policy of its name. Doing it again changes nothing.
set -eu
cd /tmp
until mc alias set store http://minio:9000 "$S3_ADMIN_ACCESS_KEY" "$S3_ADMIN_SECRET_KEY" >/dev/null 2>&1; do
    echo "minio-users: MinIO does not answer yet"
    sleep 5
done
for user in $USERS; do
    upper=$(echo "$user" | tr '[:lower:]' '[:upper:]')
    eval "access=\$S3_${upper}_ACCESS_KEY secret=\$S3_${upper}_SECRET_KEY"
    # A line of policies.json for each: "user": {policy}. By the shell alone: images of mc may have no sed and no grep.
    while IFS= read -r line; do
        case "$line" in
            "  \"$user\": "*) line=${line#*: } && printf '%s\n' "${line%,}" >"$user.json" ;;
        esac
    done </etc/minio-users/policies.json
    mc admin policy create store "$user" "$user.json" >/dev/null
    mc admin user add store "$access" "$secret" >/dev/null
    # Attaching what is attached is an error.
    case "$(mc admin user info store "$access")" in
        *"PolicyName: $user"*) ;;
        *) mc admin policy attach store "$user" --user "$access" >/dev/null ;;
    esac
    echo "minio-users: $user may do what policies.json says"
done
