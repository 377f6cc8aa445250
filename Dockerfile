# One static binary in an image without a shell, run by nobody. `docker build -t concierge .`
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /concierge ./cmd/concierge && mkdir /data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /concierge /concierge
COPY --from=build --chown=nonroot:nonroot /data /data
ENV CONCIERGE_LISTEN=:8080 CONCIERGE_DATA=/data
VOLUME /data
EXPOSE 8080
USER nonroot
ENTRYPOINT ["/concierge"]
CMD ["serve"]
